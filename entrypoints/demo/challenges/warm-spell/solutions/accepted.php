<?php
function has_spell(array $temperatures, int $n, int $k, float $mean): bool
{
    $total = $before = $lowest = 0.0;
    for ($day = 0; $day < $n; $day++) {
        $total += $temperatures[$day] - $mean;
        if ($day >= $k) {
            $before += $temperatures[$day - $k] - $mean;
            if ($before < $lowest) {
                $lowest = $before;
            }
        }
        if ($day >= $k - 1 && $total >= $lowest) {
            return true;
        }
    }
    return false;
}

[$n, $k] = array_map('intval', explode(' ', trim(fgets(STDIN))));
$temperatures = array_map('intval', preg_split('/\s+/', trim(fgets(STDIN))));
[$low, $high] = [-60.0, 60.0];
while ($high - $low > 2e-7) {
    $middle = ($low + $high) / 2;
    if (has_spell($temperatures, $n, $k, $middle)) {
        $low = $middle;
    } else {
        $high = $middle;
    }
}
printf("%.7f\n", $low);
