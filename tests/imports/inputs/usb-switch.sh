#!/bin/sh
XHCI=00:14.0
case "$1" in
windows) setpci -H1 -s "$XHCI" d0.W=0x3cf0 ;;
host)    setpci -H1 -s "$XHCI" 0xd0.w=3fff
         setpci -H1 -s $XHCI d8.b=3f ;;
*)       setpci -s 00:14.0 d4.w=ffff; setpci -s 00:1f.2 90.b=40 ;;
esac
setpci -d 8086:8cb1 d0.w=$VALUE
