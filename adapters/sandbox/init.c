/*
 * The sandbox's own two processes around a judged program. One static binary, three modes:
 *
 *   init launch OPTIONS -- BWRAP ARGS...   outside the box, as whoever runs the server. Opens the
 *       leaf cgroups, stages folders that the slot's uid could not reach, becomes that uid, and
 *       turns into bubblewrap.
 *   init run OPTIONS -- PROGRAM ARGS...    pid 1 of the box, with the capabilities of the box's
 *       user namespace. Makes one more pid namespace, runs PROGRAM in it and reports how it ended.
 *   init hog KIB                           touches that much memory: the out-of-memory probe.
 *
 * The program is a child of `run`, but lives in a pid namespace below it, so that it cannot see,
 * signal, trace or outlive it. Descriptors: 0 to 2 are the program's, 3 is the report pipe, from 4
 * on there is one cgroup.procs a controller, opened before any privilege was dropped: the kernel
 * judges a write by the opener's rights, so the program joins its cgroup at the last moment and
 * nothing of bubblewrap or of this file is on its bill.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPORT_FD 3
#define FIRST_CGROUP_FD 4
#define MAX_CGROUPS 8
#define MAX_STAGED 32
#define STAGE "/mnt"

/* What goes down the report pipe; running.py reads it with struct.unpack("=iiqqqq"). */
enum { STARTED = 1, ENDED = 2, FAILED = 3 };
struct record {
    int32_t kind, value; /* ENDED: the wait status; FAILED: errno */
    int64_t time_ns, user_us, system_us, max_rss_kib;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int report(int kind, int value, const struct rusage *used)
{
    struct record record = {.kind = kind, .value = value, .time_ns = now_ns()};
    if (used) {
        record.user_us = used->ru_utime.tv_sec * 1000000LL + used->ru_utime.tv_usec;
        record.system_us = used->ru_stime.tv_sec * 1000000LL + used->ru_stime.tv_usec;
        record.max_rss_kib = used->ru_maxrss;
    }
    ssize_t written;
    while ((written = write(REPORT_FD, &record, sizeof record)) < 0 && errno == EINTR)
        ;
    return written == sizeof record;
}

/* Standard error goes to the server, which keeps it as the reason of a fault. */
_Noreturn void fail(const char *what)
{
    int error = errno;
    dprintf(2, "assay-init: %s: %s\n", what, strerror(error));
    report(FAILED, error, NULL);
    _exit(125);
}

static void default_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &standard, NULL); /* KILL and STOP refuse: they are at default anyway */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* --- launch ---------------------------------------------------------------------------------- */

static void die_with(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        fail("prctl(PDEATHSIG)");
    if (parent && getppid() != parent)
        _exit(125);
}

static void open_cgroup(const char *folder, int wanted_fd)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.procs", folder);
    int fd = open(path, O_WRONLY);
    if (fd < 0)
        fail(path);
    if (fd != wanted_fd && (dup2(fd, wanted_fd) < 0 || close(fd) < 0))
        fail("dup2");
}

/* Bubblewrap's child obeys nobody until it is set up; in a group it can be found and ended. */
static void join_group(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.procs", folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1)
        fail(path);
    close(fd);
}

/* Binds each source onto /mnt/N of a private mount namespace: sources may lie beneath folders that
 * the slot's uid cannot traverse (/root, a home of mode 0700), so they are opened beforehand. */
static void stage(char *const *sources, int count)
{
    int fds[MAX_STAGED];
    char from[64], to[64];
    if (unshare(CLONE_NEWNS) != 0)
        fail("unshare(NEWNS)");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        fail("mount(private)");
    for (int i = 0; i < count; i++)
        if ((fds[i] = open(sources[i], O_PATH | O_CLOEXEC)) < 0)
            fail(sources[i]);
    if (mount("stage", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0)
        fail("mount(stage)");
    for (int i = 0; i < count; i++) {
        struct stat found;
        snprintf(from, sizeof from, "/proc/self/fd/%d", fds[i]);
        snprintf(to, sizeof to, STAGE "/%d", i);
        if (fstat(fds[i], &found) != 0)
            fail("fstat");
        if (S_ISDIR(found.st_mode) ? mkdir(to, 0755) : mknod(to, S_IFREG | 0644, 0))
            fail(to);
        if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0)
            fail("mount(bind)");
        close(fds[i]);
    }
}

static void become(uid_t id)
{
    if (setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0)
        fail("setuid");
}

/* Everything from `first` on that we were not meant to have. */
static void close_from(int first)
{
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
    for (int fd = first; fd < 65536; fd++)
        close(fd);
}

static int launch(int argc, char **argv)
{
    char *staged[MAX_STAGED];
    int option, cgroups = 0, sources = 0;
    long id = -1;
    close_from(REPORT_FD + 1);
    umask(022);
    while ((option = getopt(argc, argv, "+p:j:c:m:u:")) != -1) {
        if (option == 'p')
            die_with(atoi(optarg));
        else if (option == 'j')
            join_group(optarg);
        else if (option == 'c' && cgroups < MAX_CGROUPS)
            open_cgroup(optarg, FIRST_CGROUP_FD + cgroups++);
        else if (option == 'm' && sources < MAX_STAGED)
            staged[sources++] = optarg;
        else if (option == 'u')
            id = atol(optarg);
        else
            return 2;
    }
    if (sources)
        stage(staged, sources);
    if (id >= 0)
        become((uid_t)id);
    die_with(0); /* a change of uid cleared it; had the parent gone meanwhile, bwrap's own check ends us */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail("prctl(NO_NEW_PRIVS)");
    default_signals();
    execv(argv[optind], argv + optind);
    fail(argv[optind]);
}

/* --- run: the program and the first process of its pid namespace ----------------------------- */

static void join_cgroups(int count)
{
    for (int i = 0; i < count; i++)
        if (write(FIRST_CGROUP_FD + i, "0", 1) != 1)
            fail("cgroup.procs");
    if (count && unshare(CLONE_NEWCGROUP) != 0) /* its view begins at its own leaf */
        fail("unshare(NEWCGROUP)");
    for (int i = 0; i < count; i++)
        close(FIRST_CGROUP_FD + i);
}

/* Pid 1 of the test's namespace only collects orphans. Nothing but its parent can end it: it keeps
 * every signal at its default, which the kernel drops for a namespace's first process. */
_Noreturn static void reap_orphans(int ready)
{
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
        fail("mount(proc)");
    drop_capabilities();
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    char yes = 1;
    if (write(ready, &yes, 1) != 1)
        fail("write");
    close_from(0);
    signal(SIGCHLD, SIG_IGN); /* the kernel then buries orphans by itself */
    for (;;)
        pause();
}

static pid_t start_first_process(void)
{
    int ready[2];
    char yes;
    if (pipe2(ready, O_CLOEXEC) != 0)
        fail("pipe");
    if (unshare(CLONE_NEWPID) != 0)
        fail("unshare(NEWPID)");
    pid_t first = fork();
    if (first < 0)
        fail("fork");
    if (first == 0)
        reap_orphans(ready[1]);
    close(ready[1]);
    if (read(ready[0], &yes, 1) != 1)
        _exit(125); /* it has said why */
    close(ready[0]);
    return first;
}

static pid_t start_program(char **argv, const struct limits *limits, int cgroups)
{
    pid_t program = fork();
    if (program < 0)
        fail("fork");
    if (program)
        return program;
    signal(SIGPIPE, SIG_DFL);
    setsid(); /* its own session and group: kill(0, ...) meets only its own */
    join_cgroups(cgroups);
    drop_capabilities();
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    apply(limits);
    filter_system_calls();
    execv(argv[0], argv);
    /* Not a fault of ours: a candidate's linker can be told to make what the kernel refuses. */
    dprintf(2, "cannot be started: %s\n", strerror(errno));
    _exit(127);
}

static void wait_for(pid_t program, int *status, struct rusage *used)
{
    pid_t ended;
    while ((ended = wait4(-1, status, __WALL, used)) != program)
        if (ended < 0 && errno != EINTR)
            fail("wait4");
}

/* The first process goes only after all in its namespace, and some of those may be ours to bury:
 * a program can give us children (CLONE_PARENT). */
static void bury_until(pid_t first)
{
    pid_t ended;
    while ((ended = wait4(-1, NULL, __WALL, NULL)) != first)
        if (ended < 0 && errno != EINTR)
            return;
}

static rlim_t number(const char *text)
{
    return (rlim_t)strtoull(text, NULL, 10);
}

static int run(int argc, char **argv)
{
    struct limits limits = {.files = 1024};
    struct rusage used;
    int option, status = 0, cgroups = 0;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC);
    while ((option = getopt(argc, argv, "+g:t:s:f:n:a:")) != -1) {
        switch (option) {
        case 'g': cgroups = atoi(optarg); break;
        case 't': limits.cpu_s = number(optarg); break;
        case 's': limits.stack = number(optarg); break;
        case 'f': limits.file = number(optarg); break;
        case 'n': limits.processes = number(optarg); break;
        case 'a': limits.address = number(optarg); break;
        default: return 2;
        }
    }
    close_from(FIRST_CGROUP_FD + cgroups);
    default_signals();
    pid_t first = start_first_process();
    signal(SIGPIPE, SIG_IGN);
    if (!report(STARTED, 0, NULL))
        _exit(125); /* the server is gone, and nobody would stop the program */
    pid_t program = start_program(argv + optind, &limits, cgroups);
    for (int fd = 0; fd < REPORT_FD; fd++)
        close(fd);
    wait_for(program, &status, &used);
    int64_t ended_ns = now_ns();
    kill(first, SIGKILL); /* and with it all that is left in its namespace */
    bury_until(first);
    struct record record = {.kind = ENDED, .value = status, .time_ns = ended_ns};
    record.user_us = used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec;
    record.system_us = used.ru_stime.tv_sec * 1000000LL + used.ru_stime.tv_usec;
    record.max_rss_kib = used.ru_maxrss;
    return write(REPORT_FD, &record, sizeof record) == sizeof record ? 0 : 125;
}

/* --- hog ------------------------------------------------------------------------------------- */

static int hog(size_t kib)
{
    for (size_t i = 0; i < kib; i++) {
        volatile char *page = malloc(1024); /* volatile: else clang leaves out what nobody reads */
        if (!page)
            return 1;
        for (size_t j = 0; j < 1024; j += 256)
            page[j] = 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    if (strcmp(argv[1], "launch") == 0)
        return launch(argc - 1, argv + 1);
    if (strcmp(argv[1], "run") == 0)
        return run(argc - 1, argv + 1);
    if (strcmp(argv[1], "hog") == 0)
        return hog((size_t)number(argv[2]));
    return 2;
}
