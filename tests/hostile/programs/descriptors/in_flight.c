/* Descriptors on their way are counted by uid: with too many, nobody else of it can send one. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#define EACH 250
int main(void)
{
    int ends[2], sent = 0, nothing = open("/dev/null", O_RDONLY);
    union { struct cmsghdr first; char bytes[CMSG_SPACE(EACH * sizeof(int))]; } room;
    char byte = 0;
    struct iovec part = {&byte, 1};
    memset(&room, 0, sizeof room);
    room.first = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                                  .cmsg_len = CMSG_LEN(EACH * sizeof(int))};
    for (int i = 0; i < EACH; i++)
        memcpy(CMSG_DATA(&room.first) + i * sizeof(int), &nothing, sizeof(int));
    for (int i = 0; i < 8 && socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0; i++) {
        struct mmsghdr one = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &room,
                                          .msg_controllen = sizeof room}};
        while (sendmsg(ends[0], &one.msg_hdr, MSG_DONTWAIT) == 1 ||
               sendmmsg(ends[0], &one, 1, MSG_DONTWAIT) == 1)
            sent += EACH;
    }
    if (sent)
        printf("ESCAPED: %d descriptors on their way\n", sent);
    puts("held");
}
