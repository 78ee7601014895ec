/* The same by vfork, whose parent stands still until the child has become another program. */
#define _DEFAULT_SOURCE
#include <unistd.h>
int main(int count, char **words)
{
    char *again[] = {"/proc/self/exe", 0};
    for (;;)
        if (vfork() == 0) {
            execv(again[0], again);
            _exit(1);
        }
    return count + !words;
}
