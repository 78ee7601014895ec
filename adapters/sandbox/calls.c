/*
 * Which system calls a program may make: those that are named here. All others do not exist for
 * it, those of kernels to come included; runtimes then do as they do on an older kernel.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "calls.c knows no system call table for this machine"
#endif

/* From 424 on numbers are the same on every machine, and headers may be older than the kernel. */
enum {
    PIDFD_SEND_SIGNAL = 424, PIDFD_OPEN = 434, CLOSE_RANGE = 436, OPENAT2 = 437,
    PIDFD_GETFD = 438, FACCESSAT2 = 439, PROCESS_MADVISE = 440, EPOLL_PWAIT2 = 441,
    MOUNT_SETATTR = 442, FUTEX_WAITV = 449, FCHMODAT2 = 452, MAP_SHADOW_STACK = 453,
    FUTEX_WAKE2 = 454, FUTEX_WAIT2 = 455, FUTEX_REQUEUE2 = 456, MSEAL = 462,
    OPEN_TREE = 428, MOVE_MOUNT = 429, FSOPEN = 430, FSCONFIG = 431, FSMOUNT = 432, FSPICK = 433,
    PAST_ALL = 512,
};

/* What is not here for a reason that does not show: clone3 (its flags are in memory, where no
 * filter sees them), io_uring (its requests pass by every filter), inotify (files of the system are
 * shared with others, whose doings it would tell), fadvise64 (empties the machine's cache of a file
 * that others are about to read), sync (writes out what others wrote, and lets them wait), mq_*
 * and keys (outlive a process), sched_setaffinity (a slot has cores of its own). */
static const int allowed[] = {
    /* files and folders */
    SYS_read, SYS_write, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev, SYS_preadv, SYS_pwritev,
    SYS_preadv2, SYS_pwritev2, SYS_openat, OPENAT2, SYS_close, CLOSE_RANGE, SYS_lseek, SYS_fstat,
    SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_faccessat, FACCESSAT2, SYS_truncate,
    SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_copy_file_range, SYS_sendfile,
    SYS_splice, SYS_tee, SYS_getdents64, SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_mkdirat,
    SYS_mknodat, SYS_unlinkat, SYS_linkat, SYS_symlinkat, SYS_readlinkat, SYS_renameat,
    SYS_renameat2, SYS_fchmod, SYS_fchmodat, FCHMODAT2, SYS_fchown, SYS_fchownat, SYS_utimensat,
    SYS_umask, SYS_flock, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_getxattr, SYS_lgetxattr,
    SYS_fgetxattr, SYS_listxattr, SYS_llistxattr, SYS_flistxattr, SYS_removexattr,
    SYS_lremovexattr, SYS_fremovexattr,
    /* descriptors */
    SYS_dup, SYS_dup3, SYS_pipe2, SYS_ioctl, SYS_pselect6, SYS_ppoll, SYS_epoll_create1,
    SYS_epoll_ctl, SYS_epoll_pwait, EPOLL_PWAIT2, SYS_eventfd2, SYS_signalfd4, SYS_timerfd_create,
    SYS_timerfd_settime, SYS_timerfd_gettime, SYS_memfd_create, PIDFD_OPEN, PIDFD_SEND_SIGNAL,
    /* sockets, of which there are only pairs */
    SYS_getsockname, SYS_getpeername, SYS_sendto, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg,
    SYS_shutdown, SYS_setsockopt, SYS_getsockopt,
    /* memory */
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_msync, SYS_mincore,
    SYS_mlock, SYS_mlock2, SYS_mlockall, SYS_munlock, SYS_munlockall, SYS_pkey_alloc,
    SYS_pkey_free, SYS_pkey_mprotect, SYS_membarrier, MSEAL, MAP_SHADOW_STACK, SYS_shmget,
    SYS_shmat, SYS_shmdt, SYS_shmctl,
    /* processes and threads */
    SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_getpid,
    SYS_getppid, SYS_gettid, SYS_getpgid, SYS_setpgid, SYS_getsid, SYS_setsid, SYS_prctl,
    SYS_set_tid_address, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_futex,
    FUTEX_WAITV, FUTEX_WAKE2, FUTEX_WAIT2, FUTEX_REQUEUE2, SYS_semget, SYS_semop, SYS_semtimedop,
    SYS_semctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl, SYS_personality,
    SYS_restart_syscall,
    /* signals */
    SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigpending,
    SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
    SYS_rt_sigreturn, SYS_sigaltstack,
    /* time and order */
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
    SYS_times, SYS_getitimer, SYS_setitimer, SYS_timer_create, SYS_timer_settime,
    SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_sched_getscheduler, SYS_sched_setscheduler, SYS_sched_getparam,
    SYS_sched_setparam, SYS_sched_getattr, SYS_sched_setattr, SYS_sched_get_priority_max,
    SYS_sched_get_priority_min, SYS_sched_rr_get_interval, SYS_getpriority, SYS_setpriority,
    SYS_ioprio_get, SYS_ioprio_set, SYS_getcpu,
    /* who and how much */
    SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_getgroups,
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid,
    SYS_setgroups, SYS_setfsuid, SYS_setfsgid, SYS_capget, SYS_capset, SYS_getrlimit,
    SYS_setrlimit, SYS_prlimit64, SYS_getrusage, SYS_uname, SYS_sysinfo, SYS_getrandom,
#ifdef __x86_64__ /* what younger machines never had */
    SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_getdents, SYS_mkdir, SYS_rmdir,
    SYS_mknod, SYS_link, SYS_unlink, SYS_symlink, SYS_readlink, SYS_rename, SYS_chmod, SYS_chown,
    SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_dup2, SYS_pipe, SYS_select, SYS_poll,
    SYS_epoll_create, SYS_epoll_wait, SYS_eventfd, SYS_signalfd, SYS_fork, SYS_vfork, SYS_getpgrp,
    SYS_alarm, SYS_pause, SYS_time, SYS_arch_prctl,
#endif
};
/* These exist everywhere, so that a program is told that they are not for it. */
static const int refused[] = {
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, PIDFD_GETFD,
    PROCESS_MADVISE, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_mount, SYS_umount2, OPEN_TREE,
    MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT, FSPICK, MOUNT_SETATTR, SYS_pivot_root, SYS_chroot,
    SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_kexec_load,
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_swapon, SYS_swapoff, SYS_reboot, SYS_acct, SYS_syslog,
    SYS_fanotify_init, SYS_quotactl, SYS_vhangup, SYS_sethostname, SYS_setdomainname,
    SYS_move_pages, SYS_migrate_pages, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
    SYS_adjtimex, SYS_sched_setaffinity,
    /* Names of sockets belong to the box's network, and a descriptor on its way to its sender's
     * uid: the first would tell the next test of this one, as sockets that hold each other outlive
     * their process until the kernel looks for them; of the second, all who share the uid have so
     * many. */
    SYS_bind, SYS_connect, SYS_listen, SYS_accept, SYS_accept4, SYS_sendmsg, SYS_sendmmsg,
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LOAD(field) \
    (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(what) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (what))
#define ERROR(number) (SECCOMP_RET_ERRNO | (number))
#define IF(test, value, skip_if, skip_else) \
    (struct sock_filter) BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), skip_if, skip_else)
#define NAMESPACES                                                                     \
    (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
     CLONE_NEWCGROUP)

static struct sock_filter code[1024];
static unsigned short length;
/* Calls with neighbouring numbers and the same answer, each from its first on. */
static uint32_t first[PAST_ALL + 1], answer[PAST_ALL + 1];

static void add(struct sock_filter one)
{
    code[length++] = one;
}

/* Answers for the runs from `low` to `high` by halving: the kernel asks for every number once when
 * the filter is set, and for each of these calls never again, if nothing but its number counts. */
static void add_choice(size_t low, size_t high)
{
    if (low == high) {
        add(ANSWER(answer[low]));
        return;
    }
    size_t middle = (low + high + 1) / 2;
    add(IF(BPF_JGE, first[middle], 0, 1));
    unsigned short jump = length;
    add((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
    add_choice(low, middle - 1);
    code[jump].k = length - jump - 1u;
    add_choice(middle, high);
}

static void add_numbers(void)
{
    static uint32_t by_number[PAST_ALL + 1];
    size_t runs = 0;
    for (size_t i = 0; i <= PAST_ALL; i++)
        by_number[i] = ERROR(ENOSYS);
    for (size_t i = 0; i < COUNT(allowed); i++)
        by_number[allowed[i]] = SECCOMP_RET_ALLOW;
    for (size_t i = 0; i < COUNT(refused); i++)
        by_number[refused[i]] = ERROR(EPERM);
    by_number[SYS_socket] = ERROR(EAFNOSUPPORT);
    for (uint32_t i = 0; i <= PAST_ALL; i++)
        if (i == 0 || by_number[i] != answer[runs - 1]) {
            first[runs] = i;
            answer[runs++] = by_number[i];
        }
    add_choice(0, runs - 1);
}

/* A call whose argument decides: the filter ends with what follows, where it is that call. */
static void add_check(int call, size_t argument, unsigned short instructions)
{
    add(IF(BPF_JEQ, call, 0, instructions + 1));
    add(LOAD(args[argument]));
}

/* Local pairs are all that namespaces and the end of a process clear away: others count in the
 * box's network what was sent, for the next test to read, or are not fenced by it (AF_VSOCK). */
static void add_local_pairs(void)
{
    add_check(SYS_socketpair, 0, 3);
    add(IF(BPF_JEQ, AF_UNIX, 0, 1));
    add(ANSWER(SECCOMP_RET_ALLOW));
    add(ANSWER(ERROR(EAFNOSUPPORT)));
}

void filter_system_calls(void)
{
    length = 0;
    add(LOAD(arch));
    add(IF(BPF_JEQ, NATIVE_ARCH, 1, 0));
    add(ANSWER(ERROR(ENOSYS)));
    add(LOAD(nr));
    add_check(SYS_clone, 0, 3);
    add(IF(BPF_JSET, NAMESPACES, 0, 1));
    add(ANSWER(ERROR(EPERM)));
    add(ANSWER(SECCOMP_RET_ALLOW));
    add_check(SYS_fcntl, 1, 4); /* to be told of others' doings, or hold them up */
    add(IF(BPF_JEQ, F_NOTIFY, 1, 0));
    add(IF(BPF_JEQ, F_SETLEASE, 0, 1));
    add(ANSWER(ERROR(EPERM)));
    add(ANSWER(SECCOMP_RET_ALLOW));
    add_local_pairs();
    add_numbers();
    struct sock_fprog program = {.len = length, .filter = code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        fail("seccomp");
}
