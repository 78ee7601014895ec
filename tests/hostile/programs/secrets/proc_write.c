/* Opens for writing whatever there is below /proc and /sys that is not its own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static int look(const char *path, const struct stat *found, int kind, struct FTW *where)
{
    (void)where;
    if (strncmp(path, "/proc/self", 10) == 0 || strncmp(path, "/proc/thread-self", 17) == 0)
        return FTW_SKIP_SUBTREE;
    if (kind == FTW_D && path[6] >= '2' && path[6] <= '9')
        return FTW_SKIP_SUBTREE; /* its own number; the first process is number 1 */
    if (kind != FTW_F || !S_ISREG(found->st_mode))
        return FTW_CONTINUE;
    int fd = open(path, O_WRONLY | O_NONBLOCK);
    if (fd >= 0 && write(fd, "x", 1) > 0)
        printf("ESCAPED: may write to %s\n", path);
    close(fd);
    return FTW_CONTINUE;
}
int main(void)
{
    nftw("/proc", look, 32, FTW_PHYS | FTW_ACTIONRETVAL);
    nftw("/sys", look, 32, FTW_PHYS | FTW_ACTIONRETVAL);
    puts("held");
}
