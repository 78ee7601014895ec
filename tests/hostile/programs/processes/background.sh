# Goes away and leaves work behind that prints, later, more than was asked for.
(trap '' HUP TERM INT; sleep 1; echo ESCAPED; echo ESCAPED >&2) &
disown
(setsid sh -c 'trap "" HUP; while :; do echo >>/tmp/ticks; sleep 0.05; done' &)
echo held
