/* Calls for administrators, debuggers and drivers; a few that exploits begin with. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
struct call { const char *name; long number; long arguments[5]; };
static char room[4096];
static long here = AT_FDCWD;
int main(void)
{
    const struct call calls[] = {
        {"bpf", SYS_bpf, {0, (long)room, 64}}, {"perf_event_open", SYS_perf_event_open, {(long)room, 0, -1, -1, 0}},
        {"userfaultfd", SYS_userfaultfd, {0}}, {"userfaultfd for itself", SYS_userfaultfd, {1}},
        {"fanotify_init", SYS_fanotify_init, {0x200, 0}}, {"inotify_init1", SYS_inotify_init1, {0}},
        {"name_to_handle_at", SYS_name_to_handle_at, {here, (long)"/usr", (long)room, (long)(room + 512), 0}},
        {"open_by_handle_at", SYS_open_by_handle_at, {3, (long)room, 0}},
        {"mount", SYS_mount, {(long)"none", (long)"/tmp", (long)"tmpfs"}}, {"umount2", SYS_umount2, {(long)"/tmp", 2}},
        {"pivot_root", SYS_pivot_root, {(long)"/tmp", (long)"/tmp"}}, {"chroot", SYS_chroot, {(long)"/tmp"}},
        {"fsopen", 430, {(long)"tmpfs", 0}}, {"open_tree", 428, {here, (long)"/tmp", 1}},
        {"mount_setattr", 442, {here, (long)"/tmp", 0, (long)room, 32}}, {"fspick", 433, {here, (long)"/tmp", 0}},
        {"init_module", SYS_init_module, {(long)room, 1, (long)""}}, {"delete_module", SYS_delete_module, {(long)"x", 0}},
        {"kexec_load", SYS_kexec_load, {0}}, {"reboot", SYS_reboot, {0xfee1dead, 672274793, 0}},
        {"swapon", SYS_swapon, {(long)"/tmp/x", 0}}, {"acct", SYS_acct, {0}}, {"quotactl", SYS_quotactl, {0}},
        {"syslog", SYS_syslog, {3, (long)room, 64}}, {"vhangup", SYS_vhangup, {0}},
        {"settimeofday", SYS_settimeofday, {(long)room, 0}}, {"adjtimex", SYS_clock_adjtime, {0, (long)room}},
        {"sethostname", SYS_sethostname, {(long)"left", 4}}, {"setdomainname", SYS_setdomainname, {(long)"left", 4}},
        {"migrate_pages", SYS_migrate_pages, {0, 0, 0, 0}}, {"move_pages", SYS_move_pages, {0, 0, 0, 0}},
        {"mbind", SYS_mbind, {(long)room, 0, 0, 0, 0}}, {"set_mempolicy", SYS_set_mempolicy, {0, 0, 0}},
        {"kcmp", SYS_kcmp, {1, 1, 0, 0, 0}}, {"lookup_dcookie", 212, {0, (long)room, 64}},
        {"process_madvise", 440, {0}}, {"process_mrelease", 448, {0}}, {"memfd_secret", 447, {0}},
        {"landlock", 444, {0, 0, 1}}, {"pidfd_getfd", 438, {0}}, {"quotactl_fd", 443, {0}},
        {"cachestat", 451, {0, (long)room, (long)(room + 64), 0}}, {"statmount", 457, {(long)room}},
        {"listmount", 458, {(long)room}}, {"lsm_get_self_attr", 459, {100, (long)room}},
        {"a call of the future", 600, {0}}, {"seccomp", SYS_seccomp, {0}},
    };
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        const long *a = calls[i].arguments;
        if (syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4]) >= 0)
            printf("ESCAPED: %s\n", calls[i].name);
    }
    puts("held");
}
