#include <stdio.h>

int main(void) {
    int n;
    long long movement;
    if (scanf("%d", &n) != 1) return 1;
    while (n-- > 0 && scanf("%lld", &movement) == 1) {
        /* Your code here */
    }
    return 0;
}
