#include <stdio.h>

/* Wrong: the sums do not fit into 32 bits. */
int main(void) {
    int n;
    unsigned balance = 0;
    int lowest = 0, movement;
    if (scanf("%d", &n) != 1) return 1;
    while (n-- > 0 && scanf("%d", &movement) == 1) {
        balance += (unsigned)movement;
        if ((int)balance < lowest) lowest = (int)balance;
    }
    printf("%d %d\n", (int)balance, lowest);
    return 0;
}
