use strict;
use warnings;

my $n = <STDIN>;
my ($balance, $lowest) = (0, 0);
while (my $movement = <STDIN>) {
    $balance += $movement;
    $lowest = $balance if $balance < $lowest;
}
print "$balance $lowest\n";
