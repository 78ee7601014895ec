/* Sockets that hold each other outlive their process: their names would tell the next test. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#define FILLERS 300
static socklen_t named(struct sockaddr_un *name, const char *kind, int number)
{
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    return offsetof(struct sockaddr_un, sun_path) + 1 + sprintf(name->sun_path + 1, "%s%d", kind, number);
}
/* One, or an end of a pair where that is all there is. */
static int made(void)
{
    int ends[2], one = socket(AF_UNIX, SOCK_DGRAM, 0);
    return one >= 0 ? one : socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0 ? ends[0] : -1;
}
static void hold(int through, int held)
{
    char room[CMSG_SPACE(sizeof held)] = {0}, byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room,
                             .msg_controllen = sizeof room};
    struct cmsghdr *control = CMSG_FIRSTHDR(&message);
    *control = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                                .cmsg_len = CMSG_LEN(sizeof held)};
    memcpy(CMSG_DATA(control), &held, sizeof held);
    sendmsg(through, &message, MSG_DONTWAIT);
}
int main(void)
{
    struct sockaddr_un name;
    int input = getchar() - '0';
    for (int number = 0; number < 10; number++)
        if (connect(made(), (struct sockaddr *)&name, named(&name, "input", number)) == 0)
            printf("ESCAPED: the input of a test before was %d\n", number);
    for (int i = 0; i < FILLERS; i++) {
        socklen_t length = i ? named(&name, "filler", i) : named(&name, "input", input);
        int one = made(), other = made();
        if (bind(one, (struct sockaddr *)&name, length) == 0 &&
            connect(other, (struct sockaddr *)&name, length) == 0)
            hold(other, one);
    }
    puts("held");
}
