# Reads far more files than its memory limit: they are cached on its bill, and let go of.
cat /usr/lib/x86_64-linux-gnu/*.so* /usr/bin/[a-m]* 2>/dev/null | head -c 300000000 >/dev/null
echo held
