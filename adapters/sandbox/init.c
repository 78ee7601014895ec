/*
 * The sandbox's own processes around judged programs. One static binary, four modes:
 *
 *   init launch OPTIONS -- BWRAP ARGS...   outside the box, as whoever runs the server. Stages
 *       folders that the slot's uid could not reach, becomes that uid, and turns into bubblewrap.
 *   init serve                             pid 1 of the box, with the capabilities of the box's
 *       user namespace: prepares cells and runs programs in them (serve.c, fence.c).
 *   init hear BYTES                        a program of an interactor's cell (hear.c): stands
 *       between that and whoever it talks with. Descriptor 3 is where it says that it was too much.
 *   init hog KIB                           touches that much memory: the out-of-memory probe.
 *
 * Else descriptor 3 is a socket to the server: orders come in on it, reports go out.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
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

#define MAX_STAGED 32
#define STAGE "/mnt"

int32_t our_cell;

int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int send_all(const void *bytes, size_t size)
{
    ssize_t sent;
    while ((sent = send(CONTROL_FD, bytes, size, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return sent == (ssize_t)size;
}

int report(const struct record *record)
{
    return send_all(record, sizeof *record);
}

_Noreturn void fail(const char *what)
{
    struct { struct record record; char reason[256]; } failed = {
        .record = {.kind = FAILED, .cell = our_cell, .value = errno, .time_ns = now_ns()},
    };
    int length = snprintf(failed.reason, sizeof failed.reason, "%s: %s", what, strerror(errno));
    size_t kept = (size_t)length < sizeof failed.reason ? (size_t)length : sizeof failed.reason;
    send_all(&failed, sizeof failed.record + kept);
    _exit(125);
}

void default_signals(void)
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

static void join_group(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/cgroup.procs", folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1)
        fail(path);
    close(fd);
}

static _Noreturn void end_as(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            _exit(125);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

/* Go on as a child in that group: bubblewrap's child obeys nobody until it is set up, but in a
 * group it can be found and ended. A child that is born there joins at once; a process that moves
 * there holds the lock of all groups of the machine until every CPU has seen it (a grace period of
 * RCU, 8 to 20 ms), and with that every server that makes groups for a program. */
static void go_on_in(const char *folder)
{
    struct clone_args into = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
    pid_t parent = getpid();
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fail(folder);
    into.cgroup = (uint64_t)fd;
    long child = syscall(SYS_clone3, &into, sizeof into);
    close(fd);
    if (child > 0) {
        close(CONTROL_FD);
        end_as((pid_t)child);
    }
    if (child == 0)
        die_with(parent);
    else
        join_group(folder); /* before Linux 5.7, or behind a filter */
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
void close_from(int first)
{
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
    for (int fd = first; fd < 65536; fd++)
        close(fd);
}

static int launch(int argc, char **argv)
{
    char *staged[MAX_STAGED];
    int option, sources = 0;
    long id = -1;
    const char *group = NULL;
    close_from(CONTROL_FD + 1);
    umask(022);
    while ((option = getopt(argc, argv, "+p:j:m:u:")) != -1) {
        if (option == 'p')
            die_with(atoi(optarg));
        else if (option == 'j')
            group = optarg;
        else if (option == 'm' && sources < MAX_STAGED)
            staged[sources++] = optarg;
        else if (option == 'u')
            id = atol(optarg);
        else
            return 2;
    }
    if (group)
        go_on_in(group);
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
    if (argc > 2 && strcmp(argv[1], "launch") == 0)
        return launch(argc - 1, argv + 1);
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        return serve();
    if (argc == 3 && strcmp(argv[1], "hear") == 0)
        return hear((size_t)atoll(argv[2]), CONTROL_FD);
    if (argc == 3 && strcmp(argv[1], "hog") == 0)
        return hog((size_t)atol(argv[2]));
    return 2;
}
