/* Raises each of its limits, and those of the first process and of its parent. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
int main(void)
{
    int whose[] = {0, 1, getppid()};
    for (int what = 0; what < RLIM_NLIMITS; what++)
        for (int i = 0; i < 3; i++) {
            struct rlimit old = {RLIM_INFINITY, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
            prlimit(whose[i], what, 0, &old);
            if (old.rlim_max != RLIM_INFINITY && prlimit(whose[i], what, &all, 0) == 0)
                printf("ESCAPED: limit %d of %d\n", what, whose[i]);
        }
    puts("held");
}
