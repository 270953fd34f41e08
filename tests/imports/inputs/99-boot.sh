# boot.postBootCommands
setpci -s 00:14.0 d0.w=0xf
virsh attach-device win10 hostdev.xml
