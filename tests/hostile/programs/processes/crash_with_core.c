/* Crashes with as large a core as it can have, which the host might be asked to keep. */
#include <signal.h>
#include <string.h>
#include <stdlib.h>
#include <sys/resource.h>
int main(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &all);
    memset(malloc(8 << 20), 1, 8 << 20);
    raise(SIGSEGV);
}
