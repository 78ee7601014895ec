# Devices are the host's own: their times, rights and names would be seen by all that is judged.
for name in null zero full random urandom; do
  touch /dev/$name && echo "ESCAPED: changed the times of /dev/$name"
  touch -d '2001-01-01' /dev/$name && echo "ESCAPED: set the times of /dev/$name"
  chmod 777 /dev/$name && echo "ESCAPED: changed the rights of /dev/$name"
  chown 1000 /dev/$name && echo "ESCAPED: took /dev/$name"
  mv /dev/$name /dev/x && echo "ESCAPED: moved /dev/$name"
  rm -f /dev/$name && echo "ESCAPED: removed /dev/$name"
  echo x >/dev/$name
done 2>/dev/null
[ "$(stat -c %A /dev/null)" = crw-rw-rw- ] || echo "ESCAPED: /dev/null is another"
[ "$(wc -c </dev/null)" = 0 ] || echo "ESCAPED: /dev/null is not empty"
echo held
