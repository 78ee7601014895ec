use strict;
use warnings;

my $n = <STDIN>;
while (my $movement = <STDIN>) {
    # Your code here
}
