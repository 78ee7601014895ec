# The address where clouds hand out keys, and those of the host and of its other machines.
for address in 169.254.169.254/80 169.254.170.2/80 127.0.0.1/22 127.0.0.1/3306 127.0.0.1/8000 10.0.0.1/80 172.17.0.1/2375; do
  (exec 3<>"/dev/tcp/$address") 2>/dev/null && echo "ESCAPED: $address"
  (echo x >"/dev/udp/$address") 2>/dev/null && echo "ESCAPED: $address by datagram"
done
echo held
