<?php
// Crashes: divides by a number of days that is 0.
[$n, $k] = array_map('intval', explode(' ', trim(fgets(STDIN))));
echo intdiv($n, $k - $k), "\n";
