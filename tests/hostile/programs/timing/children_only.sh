# The one that is looked at sleeps; what it started is busy.
(while :; do :; done) &
(setsid bash -c 'while :; do :; done' &)
wait
sleep 1000
