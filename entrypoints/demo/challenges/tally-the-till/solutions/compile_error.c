#include <stdio.h>

int main(void) {
    printf("%d %d\n", balance, lowest) /* neither declared nor closed */
}
