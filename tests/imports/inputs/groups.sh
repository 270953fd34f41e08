#!/bin/bash
# Which dongle goes where; virsh does the rest.
declare -a ZWAVE=("hass" "046d:c31c" "DONT_KNOW")
declare -a ZIGBEE=("hass" "10c4:ea60" "0001")   # the blue one
declare -a OTHER=("hass" "VEN1:PROD1" "DONT_KNOW")
declare -a groups=("ZWAVE" "ZIGBEE")
virsh attach-device "$VM" /dev/stdin
