/* Nodes of devices: the disk, memory, a new null; and the ones that are there, for more than data. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
static const char *const folders[] = {"/tmp", "/box", "/dev", "/dev/shm", "/app"};
int main(void)
{
    char path[64];
    int bits = 1 << 20;
    for (int i = 0; i < 5; i++)
        for (int major = 1; major < 260; major++) {
            snprintf(path, sizeof path, "%s/node%d", folders[i], major);
            if (mknod(path, S_IFBLK | 0666, makedev(major, 0)) == 0 ||
                mknod(path, S_IFCHR | 0666, makedev(major, 1)) == 0)
                if (open(path, O_RDWR) >= 0)
                    printf("ESCAPED: %s\n", path);
        }
    if (ioctl(open("/dev/urandom", O_RDWR), 0x40045201 /* add to the count of entropy */, &bits) == 0)
        puts("ESCAPED: entropy from nothing");
    if (mmap(0, 4096, 3, MAP_SHARED, open("/dev/null", O_RDWR), 0) != MAP_FAILED)
        puts("ESCAPED: mapped /dev/null");
    for (int name = 0; name < 2; name++)
        if (open(name ? "/dev/ptmx" : "/dev/tty", O_RDWR) >= 0)
            puts("ESCAPED: a terminal");
    puts("held");
}
