/* Nails down memory that nobody else could have then. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
int main(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &all);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
        puts("ESCAPED: locked all");
    if (mlock(malloc(16 << 20), 16 << 20) == 0)
        puts("ESCAPED: locked 16 MiB");
    if (mmap(0, 2 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) != MAP_FAILED)
        puts("ESCAPED: huge pages");
    puts("held");
}
