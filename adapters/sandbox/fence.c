/*
 * What a program may not do: its system calls, its capabilities and its resource limits.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "fence.c knows no system call table for this machine"
#endif

/* Looking into other processes, keys (not namespaced), mounts, and corners of the kernel that no
 * solution needs and that exploits love. io_uring and clone3 answer ENOSYS: runtimes fall back. */
static const int refused[] = {
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_keyctl, SYS_add_key,
    SYS_request_key, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns,
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_kexec_load, SYS_open_by_handle_at,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_swapon, SYS_swapoff, SYS_reboot,
    SYS_acct, SYS_syslog, SYS_fanotify_init, SYS_quotactl, SYS_move_pages, SYS_migrate_pages,
    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
#ifdef SYS_open_tree
    SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
#ifdef SYS_process_madvise
    SYS_process_madvise,
#endif
};
static const int unknown[] = {SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter,
                              SYS_io_uring_register};
/* Other families are not fenced by the net namespace (AF_VSOCK reaches the hypervisor) or are
 * needless kernel surface (AF_ALG, AF_PACKET). */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LOAD(field) \
    (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(what) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (what))
#define ERROR(number) ANSWER(SECCOMP_RET_ERRNO | (number))
#define UNLESS_EQUAL_SKIP(value, skip) \
    (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, skip)
#define NAMESPACES                                                                     \
    (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
     CLONE_NEWCGROUP)

void filter_system_calls(void)
{
    static struct sock_filter code[256];
    unsigned short n = 0;
    code[n++] = LOAD(arch);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0);
    code[n++] = ERROR(ENOSYS);
    code[n++] = LOAD(nr);
#ifdef __x86_64__ /* the x32 table has other numbers for the same calls */
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    code[n++] = ERROR(ENOSYS);
#endif
    for (size_t i = 0; i < COUNT(refused); i++) {
        code[n++] = UNLESS_EQUAL_SKIP(refused[i], 1);
        code[n++] = ERROR(EPERM);
    }
    for (size_t i = 0; i < COUNT(unknown); i++) {
        code[n++] = UNLESS_EQUAL_SKIP(unknown[i], 1);
        code[n++] = ERROR(ENOSYS);
    }
    code[n++] = UNLESS_EQUAL_SKIP(SYS_clone, 4);
    code[n++] = LOAD(args[0]);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
    code[n++] = ERROR(EPERM);
    code[n++] = ANSWER(SECCOMP_RET_ALLOW);
    code[n++] = UNLESS_EQUAL_SKIP(SYS_socket, 2 + 2 * COUNT(families));
    code[n++] = LOAD(args[0]);
    for (size_t i = 0; i < COUNT(families); i++) {
        code[n++] = UNLESS_EQUAL_SKIP(families[i], 1);
        code[n++] = ANSWER(SECCOMP_RET_ALLOW);
    }
    code[n++] = ERROR(EAFNOSUPPORT);
    code[n++] = UNLESS_EQUAL_SKIP(SYS_socketpair, 4);
    code[n++] = LOAD(args[0]);
    code[n++] = UNLESS_EQUAL_SKIP(AF_UNIX, 1);
    code[n++] = ANSWER(SECCOMP_RET_ALLOW);
    code[n++] = ERROR(EAFNOSUPPORT);
    code[n++] = ANSWER(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = n, .filter = code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        fail("seccomp");
}

void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    for (int capability = 0; capability <= 63; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* EINVAL past the last one */
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
