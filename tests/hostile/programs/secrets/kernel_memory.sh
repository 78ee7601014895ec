# The machine's memory, its messages and its addresses, by every name that they have.
for name in /proc/kcore /proc/kmsg /dev/mem /dev/kmem /dev/port /dev/kmsg /proc/vmallocinfo /proc/kpageflags; do
  head -c 16 "$name" 2>/dev/null | grep -q . && echo "ESCAPED: $name"
done
awk '$1 !~ /^0+$/ { print "ESCAPED: kallsyms"; exit }' /proc/kallsyms 2>/dev/null
dmesg 2>/dev/null | sed 's/^/ESCAPED: /' | head -1
for folder in /sys /dev/shm /dev/mqueue /dev/pts /dev/disk /dev/block /boot /lib/modules; do
  [ -z "$(ls -A "$folder" 2>/dev/null)" ] || echo "ESCAPED: $folder"
done
echo held
