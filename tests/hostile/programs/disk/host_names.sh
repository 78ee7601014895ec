# Links, FIFOs, files with odd names and modes, in each place that a host might read later.
cd /box || exit
for name in main main.sh main.c out src Main.class core stdout stderr score.txt; do
  rm -rf "$name"
  ln -s /etc/shadow "$name"
done
for place in /app /init /etc /usr /dev /proc /sys /mnt / /root /home /var /run /opt; do
  for name in x passwd cgroup.procs main.sh; do
    ln -s /etc/shadow "$place/$name" && echo "ESCAPED: a link in $place"
    mkfifo "$place/$name" && echo "ESCAPED: a FIFO in $place"
    (: >>"$place/$name") && echo "ESCAPED: a file in $place"
    rm -f "$place/$name" && [ -e "$place/$name" ] && echo "ESCAPED: could remove in $place"
  done
  mv "$place" "$place.old" && echo "ESCAPED: moved $place"
done 2>/dev/null
[ -e /app/main.sh ] || echo "ESCAPED: removed its own source"
touch "/box/$(printf '\001\033[2J\n\200')" /box/-rf
chmod 000 /box /tmp
echo held
