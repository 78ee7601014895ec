/* Keys are kept for a user or a session by the kernel, and no namespace of tests keeps them apart. */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
enum { THREAD = -1, PROCESS = -2, SESSION = -3, USER = -4, USER_SESSION = -5, GROUP = -6 };
int main(void)
{
    for (int ring = GROUP; ring <= THREAD; ring++) {
        if (syscall(SYS_keyctl, 10 /* search */, ring, "user", "left", 0) > 0)
            puts("ESCAPED: found the key of another test");
        if (syscall(SYS_add_key, "user", "left", "data", 4, ring) > 0)
            puts("ESCAPED: left a key");
    }
    if (syscall(SYS_keyctl, 1 /* join session */, "left") > 0)
        puts("ESCAPED: joined a session");
    if (syscall(SYS_request_key, "user", "left", 0, 0) > 0)
        puts("ESCAPED: was given a key");
    puts("held");
}
