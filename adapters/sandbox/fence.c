/*
 * What a program may not do beside the system calls of calls.c: capabilities and resource limits.
 */
#define _GNU_SOURCE
#include "init.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is inherited by all, so that it is done once: nobody gains capabilities by starting a file. */
void bound_capabilities(void)
{
    for (int capability = 0; capability <= 63; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* EINVAL past the last one */
}

void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) != 0)
        fail("capset");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail("prctl(NO_NEW_PRIVS)");
}

/* Limits are only ever lowered: a hard limit that is lower already stays. */
static void limit(int what, rlim_t wanted)
{
    struct rlimit now;
    if (getrlimit(what, &now) != 0)
        fail("getrlimit");
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < wanted)
        wanted = now.rlim_max;
    struct rlimit lowered = {.rlim_cur = wanted, .rlim_max = wanted};
    if (setrlimit(what, &lowered) != 0)
        fail("setrlimit");
}

void apply(const struct limits *limits)
{
    limit(RLIMIT_CORE, 1); /* no file fits; and unlike 0 it stops the helper of a piped core_pattern */
    limit(RLIMIT_SIGPENDING, 1024);
    limit(RLIMIT_RTPRIO, 0);
    limit(RLIMIT_NICE, 0);
    limit(RLIMIT_CPU, limits->cpu_s);
    limit(RLIMIT_STACK, limits->stack);
    limit(RLIMIT_FSIZE, limits->file);
    limit(RLIMIT_NOFILE, limits->files);
    limit(RLIMIT_NPROC, limits->processes);
    limit(RLIMIT_MEMLOCK, 65536);
    limit(RLIMIT_MSGQUEUE, 0);
    if (limits->address)
        limit(RLIMIT_AS, limits->address);
}
