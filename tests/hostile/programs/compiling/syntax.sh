# A check that ran what it only should read would print, or never end.
x=$(echo ESCAPED >&2; while :; do :; done)
if then fi
