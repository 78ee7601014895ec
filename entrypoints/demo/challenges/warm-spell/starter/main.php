<?php
[$n, $k] = array_map('intval', explode(' ', trim(fgets(STDIN))));
$temperatures = array_map('intval', preg_split('/\s+/', trim(fgets(STDIN))));

// Your code here
