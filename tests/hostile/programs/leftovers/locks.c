/* Locks on files that all boxes share, held by a daemon, and files that are told to tell of others. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>
static const char *const files[] = {"/usr/bin/env", "/init", "/etc/passwd", "/dev/null", "/usr", "/app"};
int main(void)
{
    int ready[2], watch = inotify_init1(IN_NONBLOCK);
    char yes, events[4096];
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        int fd = open(files[i], O_RDONLY);
        if (flock(fd, LOCK_EX | LOCK_NB) != 0)
            printf("ESCAPED: somebody holds %s\n", files[i]);
        if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
            printf("ESCAPED: a lease on %s\n", files[i]);
        if (fcntl(fd, F_NOTIFY, DN_ACCESS | DN_MULTISHOT) == 0)
            printf("ESCAPED: is told of what happens in %s\n", files[i]);
        if (inotify_add_watch(watch, files[i], IN_ALL_EVENTS) >= 0)
            printf("ESCAPED: watches %s\n", files[i]);
    }
    if (read(watch, events, sizeof events) > 0)
        puts("ESCAPED: heard of others");
    if (pipe(ready) == 0 && fork() == 0) {
        setsid();
        signal(SIGHUP, SIG_IGN);
        write(ready[1], "y", 1);
        for (;;)
            pause();
    }
    read(ready[0], &yes, 1);
    puts("held");
}
