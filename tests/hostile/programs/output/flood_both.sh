# Writes for ever to both outputs, and does not care that nobody listens.
trap '' PIPE XFSZ
yes >&2 &
while :; do yes; done
