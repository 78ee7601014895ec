/* Files that are larger than any disk, of which nothing is written but their size. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    signal(SIGXFSZ, SIG_IGN);
    int file = open("/tmp/huge", O_CREAT | O_RDWR, 0600);
    if (ftruncate(file, 1LL << 40) == 0 || fallocate(file, 0, 0, 1LL << 40) == 0)
        puts("ESCAPED: a file of a tebibyte");
    if (pwrite(file, "x", 1, 1LL << 40) == 1)
        puts("ESCAPED: a byte far out");
    signal(SIGXFSZ, SIG_DFL);
    ftruncate(file, 1LL << 40);
    puts("held");
}
