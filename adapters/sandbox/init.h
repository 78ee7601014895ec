/*
 * What init's files have of each other.
 */
#include <sys/resource.h>

struct limits {
    rlim_t cpu_s, stack, file, files, processes, address;
};

_Noreturn void fail(const char *what);

/* fence.c: each of these ends the process where it cannot be done. */
void drop_capabilities(void);
void apply(const struct limits *limits);
void filter_system_calls(void);
