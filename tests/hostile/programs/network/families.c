/* Sockets of every family and kind. Only local pairs are of use to a program that is judged. */
#include <stdio.h>
#include <sys/socket.h>
int main(void)
{
    for (int family = 0; family < 64; family++)
        for (int kind = 1; kind < 12; kind++)
            for (int protocol = 0; protocol < 20; protocol += family == AF_UNIX ? 20 : 1) {
                int one = socket(family, kind, protocol), two[2];
                if (one >= 0)
                    return printf("ESCAPED: %d %d %d\n", family, kind, protocol) < 0;
                if (family != AF_UNIX && socketpair(family, kind, protocol, two) == 0)
                    return printf("ESCAPED: a pair of %d %d\n", family, kind) < 0;
            }
    puts("held");
}
