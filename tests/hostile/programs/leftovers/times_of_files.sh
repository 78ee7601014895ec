# Reading a shared file must not show: else its time of last access tells the next who read it.
for file in /usr/bin/x* /usr/lib/*/libc.so.6 /etc/passwd /init /app/*; do
  before=$(stat -Lc %x "$file")
  head -c 1 "$file" >/dev/null
  [ "$(stat -Lc %x "$file")" = "$before" ] || echo "ESCAPED: it shows that $file was read"
done
echo held
