/* Keeps memory in the queues of as many sockets as it may have; then it ends, all of them full. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
int main(void)
{
    static char block[1 << 15];
    int most = 1 << 30;
    for (int ends[2]; socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == 0;) {
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
        while (send(ends[0], block, sizeof block, 0) > 0)
            ;
    }
    puts("held");
}
