/* Opens for ever, raises the limit as far as it goes, and hides open files in sockets' queues. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
static int hidden(int through, int fd)
{
    char room[CMSG_SPACE(sizeof fd)] = {0}, byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room,
                             .msg_controllen = sizeof room};
    struct cmsghdr *control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(control), &fd, sizeof fd);
    return sendmsg(through, &message, MSG_DONTWAIT) == 1;
}
int main(void)
{
    struct rlimit more = {1 << 20, 1 << 20};
    int ends[2], count = 0;
    if (setrlimit(RLIMIT_NOFILE, &more) == 0)
        puts("ESCAPED: raised its limit");
    while (count < 100000 && socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0)
        while (count < 100000 && hidden(ends[0], ends[1]))
            count++;
    while (count < 100000 && open("/dev/null", O_RDONLY) >= 0)
        count++;
    puts(count < 100000 ? "held" : "ESCAPED: no end of open files");
}
