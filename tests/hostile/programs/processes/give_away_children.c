/* Gives its parent, the sandbox's init, children that end badly, stop, or never end. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
    for (int i = 0; i < 20; i++)
        if (syscall(SYS_clone, CLONE_PARENT | (i % 2 ? SIGCHLD : SIGUSR1), 0, 0, 0, 0) == 0) {
            if (i % 3 == 0)
                _exit(77);
            if (i % 3 == 1)
                raise(SIGSTOP);
            for (;;)
                pause();
        }
    puts("held");
}
