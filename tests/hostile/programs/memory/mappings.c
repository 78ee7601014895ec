/* Maps memory that is there at once, shared and private, until none is given. */
#define _GNU_SOURCE
#include <sys/mman.h>
int main(void)
{
    for (unsigned i = 0;; i++)
        mmap(0, 4 << 20, PROT_READ | PROT_WRITE,
             (i % 2 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}
