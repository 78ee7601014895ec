/* Sleeps whenever the clock ticks, so that whoever counts by ticks finds it asleep. */
#include <time.h>
int main(void)
{
    struct timespec now, rest = {0, 20000};
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_nsec % 4000000 > 3800000)
            nanosleep(&rest, 0);
    }
}
