/* Bare clones with every mix of flags: siblings instead of children, shared and own memory. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
static const long flags[] = {SIGCHLD, CLONE_PARENT | SIGCHLD, CLONE_FILES | CLONE_FS | SIGCHLD,
                             CLONE_PARENT | CLONE_IO, CLONE_UNTRACED | CLONE_SYSVSEM};
int main(void)
{
    for (unsigned i = 0;; i++)
        syscall(SYS_clone, flags[i % 5], 0, 0, 0, 0);
}
