/* Opens its input anew for writing, cuts, lengthens, maps, unseals it and gives it other rights. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void)
{
    static const char *const names[] = {"/proc/self/fd/0", "/dev/stdin", "/dev/fd/0",
                                        "/proc/thread-self/fd/0"};
    int number = 0;
    if (scanf("%d", &number) != 1 || number < 1 || number > 9)
        puts("ESCAPED: the input is another's");
    fchmod(0, 0777);
    fchown(0, 1000, 1000);
    fcntl(0, F_ADD_SEALS, 0);
    flock(0, LOCK_EX);
    if (ftruncate(0, 0) == 0 || write(0, "7", 1) > 0 || pwrite(0, "7", 1, 0) > 0)
        puts("ESCAPED: wrote to descriptor 0");
    for (int i = 0; i < 4; i++) {
        int fd = open(names[i], O_RDWR);
        if (truncate(names[i], 0) == 0 || open(names[i], O_RDWR | O_TRUNC) >= 0)
            puts("ESCAPED: cut its input");
        if (fd < 0)
            continue;
        if (write(fd, "7", 1) > 0 || ftruncate(fd, 0) == 0 || ftruncate(fd, 1 << 20) == 0 ||
            fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0)
            puts("ESCAPED: changed its input");
        if (mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED)
            puts("ESCAPED: mapped its input to write");
    }
    puts("held");
}
