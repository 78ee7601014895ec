# The same from a shell, and by tools that follow names.
read -r number
[ "${#number}" = 1 ] || echo "ESCAPED: the input is another's: $number"
for name in /proc/self/fd/0 /dev/stdin /proc/$$/fd/0; do
  chmod 777 "$name"
  echo 7 >"$name"
  echo 7 >>"$name"
  truncate -s 0 "$name"
  truncate -s 9G "$name"
  mv "$name" /tmp/
  ln "$name" /tmp/input && echo "ESCAPED: gave its input a name"
done 2>/dev/null
echo held
