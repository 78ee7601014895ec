/* Leaves a deaf daemon that would still be there, and write, while the next test runs. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
    struct dirent *entry;
    DIR *proc = opendir("/proc");
    while ((entry = readdir(proc)))
        if (atoi(entry->d_name) > 1 && atoi(entry->d_name) != getpid())
            return puts("ESCAPED: somebody is here already") < 0;
    closedir(proc);
    if (access("/tmp/alive", F_OK) == 0)
        return puts("ESCAPED: a daemon wrote") < 0;
    int ready[2];
    char yes;
    if (pipe(ready) == 0 && fork() == 0) {
        setsid();
        for (int number = 1; number < 65; number++)
            signal(number, SIG_IGN);
        if (fork() == 0) {
            chdir("/");
            write(ready[1], "y", 1);
            for (;;) {
                close(open("/tmp/alive", O_CREAT | O_WRONLY, 0600));
                write(1, "", 0);
                sleep(1);
            }
        }
        _exit(0);
    }
    read(ready[0], &yes, 1);
    puts("held");
}
