#include <stdio.h>

int main(void) {
    int n;
    long long balance = 0, lowest = 0, movement;
    if (scanf("%d", &n) != 1) return 1;
    while (n-- > 0 && scanf("%lld", &movement) == 1) {
        balance += movement;
        if (balance < lowest) lowest = balance;
    }
    printf("%lld %lld\n", balance, lowest);
    return 0;
}
