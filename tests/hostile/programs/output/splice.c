/* Hands over pages of a device and of its own, which it could change after they were taken. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
static char page[1 << 16] __attribute__((aligned(4096)));
int main(void)
{
    struct iovec whole = {page, sizeof page};
    int zero = open("/dev/zero", O_RDONLY);
    for (;;) {
        splice(zero, 0, 1, 0, 1 << 16, 0);
        memset(page, 'a', sizeof page);
        vmsplice(1, &whole, 1, SPLICE_F_GIFT);
        memset(page, 'b', sizeof page);
    }
}
