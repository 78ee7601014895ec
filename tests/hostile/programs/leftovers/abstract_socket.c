/* Names of sockets without a file belong to the network's namespace, which tests may share. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0left"};
    char answer[16];
    int ready[2], one = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(one, (struct sockaddr *)&name, 7) == 0)
        puts("ESCAPED: another test answers");
    if (bind(one, (struct sockaddr *)&name, 7) != 0 && errno == EADDRINUSE)
        puts("ESCAPED: the name is taken");
    listen(one, 5);
    if (pipe(ready) == 0 && fork() == 0) {
        setsid();
        signal(SIGHUP, SIG_IGN);
        write(ready[1], "y", 1);
        for (;;)
            write(accept(one, 0, 0), "left", 4);
    }
    read(ready[0], answer, 1);
    puts("held");
}
