# What the kernel counts of this network and of these users has to begin anew, or not be told.
net=/proc/self/net
if [ -r $net/snmp ]; then
  used=$(awk '/^(Tcp|Udp|Ip|Icmp): [0-9]/ { for (n = 6; n <= NF; n++) sum += $n } END { print sum + 0 }' $net/snmp)
  [ "$used" = 0 ] || [ "$used" = 64 ] || echo "ESCAPED: the network has counted $used" # 64: a hop limit
fi
for file in unix tcp udp raw tcp6 udp6 packet; do
  [ ! -r $net/$file ] || [ "$(wc -l <$net/$file)" = 1 ] || echo "ESCAPED: $file of others"
done
(exec 3<>/dev/tcp/127.0.0.1/9; echo x >/dev/udp/127.0.0.1/9) 2>/dev/null
for file in meminfo loadavg stat locks key-users pressure/cpu sysvipc/shm cmdline timer_list interrupts; do
  [ ! -e /proc/$file ] || echo "ESCAPED: /proc/$file tells of the whole machine"
done
[ "$(nice)" = 0 ] || echo "ESCAPED: it is at a disadvantage"
[ "$(uname -n)" = box ] || echo "ESCAPED: another name"
hostname left 2>/dev/null && echo "ESCAPED: changed the name"
renice -n 19 -u "$(id -u)" >/dev/null 2>&1
ionice -c 3 -u "$(id -u)" 2>/dev/null
echo held
