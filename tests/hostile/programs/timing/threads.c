/* Busy on all cores at once, whichever it was told to stay on. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
static void *spin(void *unused)
{
    cpu_set_t all;
    for (int n = 0; n < CPU_SETSIZE; n++)
        CPU_SET(n, &all);
    sched_setaffinity(0, sizeof all, &all);
    for (volatile int i = 0;; i = i + 1)
        ;
    return unused;
}
int main(void)
{
    pthread_t thread;
    for (int i = 0; i < 16; i++)
        pthread_create(&thread, 0, spin, 0);
    spin(0);
}
