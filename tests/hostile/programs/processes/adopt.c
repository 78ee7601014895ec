/* Makes itself the one who inherits orphans, and asks to be told of its parent's death. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    prctl(PR_SET_NAME, "bwrap");
    for (int i = 0; i < 10; i++)
        if (fork() == 0) {
            if (fork() == 0)
                for (;;)
                    pause();
            _exit(0);
        }
    puts("held");
}
