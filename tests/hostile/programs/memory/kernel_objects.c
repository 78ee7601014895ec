/* Small things that the kernel keeps for it: timers, watches, locks, events, signals in queues. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sem.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
int main(void)
{
    timer_t timer;
    int timers = 0, file = open("/tmp/locked", O_CREAT | O_RDWR, 0600);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    while (timers < 100000 && timer_create(CLOCK_MONOTONIC, 0, &timer) == 0)
        timers++;
    if (timers > 5000)
        puts("ESCAPED: no end of timers");
    for (int i = 0; i < 5000; i++)
        sigqueue(getpid(), SIGRTMIN + i % 8, (union sigval){0});
    for (int i = 0; i < 2000; i++) {
        struct flock one = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2 * i, .l_len = 1};
        if (fcntl(file, F_SETLK, &one) != 0)
            break;
    }
    for (int i = 0; i < 1000 && semget(IPC_PRIVATE, 250, 0600) >= 0; i++)
        ;
    while (epoll_create1(0) >= 0 && eventfd(0, 0) >= 0 && timerfd_create(CLOCK_MONOTONIC, 0) >= 0)
        ;
    puts("held");
}
