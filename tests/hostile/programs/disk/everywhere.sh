# Finds every folder that it may write to, and fills them all.
find / -path /proc -prune -o -type d -writable -print 2>/dev/null | while read -r folder; do
  case $folder in
    /tmp | /box | /dev/shm) head -c 40000000 /dev/zero >"$folder/full" 2>/dev/null ;;
    *) echo "ESCAPED: $folder can be written to" ;;
  esac
done
echo "ESCAPED: more than the limit was written"
