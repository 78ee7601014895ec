/* A ring of requests, which the kernel carries out where no filter of calls sees them. */
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    char parameters[120] = {0};
    if (syscall(425, 8, parameters) >= 0 || syscall(426, 3, 1, 0, 0, 0, 0) >= 0 ||
        syscall(427, 3, 0, 0, 0) >= 0)
        puts("ESCAPED: there is a ring");
    puts("held");
}
