# Takes the numbers that init uses for its own, and runs init once more, in each of its modes.
printf '\2\0\0\0\0\0\0\0%032d' 0 >/tmp/forged
exec 3</tmp/forged 4>/tmp/groups 5>/tmp/groups
for mode in "run -g 2 -t 9 -s 9 -f 9 -n 999 --" "launch -u 0 --" "launch -j / --" "hog 1"; do
  /init $mode /bin/echo ESCAPED
done 2>/dev/null
echo held
