#!/bin/bash
BUS=3
SOCK=/run/radio.qmp
USB="-device usb-host,hostbus=${BUS},hostport=2"
args=(
  -device 'usb-host,hostbus=3,hostport=010'   # octal?
  -device usb-host,vendorid=0x046d,productid=0xc31c,id=keys
)
exec qemu-system-x86_64 -enable-kvm -m 4G -name guest=radio,debug-threads=on \
  -qmp unix:"$SOCK",server=on,wait=off $USB "${args[@]}" \
  -device vfio-pci,host=02:00.0 -device usb-host,hostbus=$2,hostaddr=4 \
  -usbdevice host:046d:c077 -monitor stdio
