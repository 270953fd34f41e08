"""What the recorded machines are, and how a description becomes a directory tree.

Tables are in `boards/`, one machine a file; `catalog` has the devices that people plug
in. The other modules know how Linux shows such things below /sys and /proc.
"""
