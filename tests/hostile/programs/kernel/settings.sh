# Clock, name, kernel settings, modules, mounts and groups by the tools for that.
for what in "date -s 2001-01-01" "hostname left" "sysctl -w kernel.hostname=left" "modprobe loop" \
  "mount -t tmpfs none /tmp" "mount --bind /tmp /usr" "umount -l /proc" "swapoff -a" "losetup -f" \
  "mknod /tmp/sda b 8 0" "chroot / /bin/true" "unshare -r true" "nsenter -t 1 -m true" "newgrp root" \
  "mkdir /sys/fs/cgroup/x" "setpriv --reuid 0 true" "setpriv --clear-groups true" "dmesg"; do
  $what </dev/null >/dev/null 2>&1 && echo "ESCAPED: $what"
done
echo held
