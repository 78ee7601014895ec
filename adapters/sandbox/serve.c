/*
 * Inside the box: pid 1, which prepares cells as the server orders, and the processes of a cell.
 *
 *   serve       pid 1 of the box. Takes orders, buries who has ended, reports how programs did.
 *   reaper      first process of a cell's pid namespace: when it goes, all in there goes.
 *   program     second process there, in mount and ipc namespaces and folders of its own. Fenced in
 *               and in its groups already, it waits on the cell's socket for its standard input,
 *               which is the word to start. Before it is there, the server has a handle on the
 *               reaper.
 *
 * Both are children of serve, but live in a pid namespace below it, so that the program cannot see,
 * signal, trace or outlive it.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CELLS 64
#define MAX_CGROUPS 8
#define MAX_WORDS 1024
#define MAX_ORDER (256 * 1024)

/* An order to prepare a cell; box.py packs it with "=6i6Q". After it come its words, each
 * ended by a NUL: the program's arguments, its environment, and names and targets of links. With
 * it come descriptors: the cell's socket, standard output and error, and one `tasks` (v1) or
 * `cgroup.procs` (v2) a controller, opened by the server: the kernel judges a write by the opener's
 * rights, so that the program joins its groups by itself, and nothing of bubblewrap or of this file
 * is on its bill. */
struct order {
    int32_t cell, cpu, arguments, variables, links, unused;
    uint64_t cpu_s, stack, file, processes, address, folder_bytes;
};

struct cell {
    struct order order;
    char *words[MAX_WORDS + 3]; /* a NULL ends each of the three */
    char **arguments, **variables, **links;
    int socket, output, error, cgroups[MAX_CGROUPS], cgroup_count;
};

/* --- the program ----------------------------------------------------------------------------- */

/* Only processes are in it: the rest of /proc tells of the machine, its load and its other users.
 * A kernel before 5.8 cannot leave that out. */
static void mount_proc(void)
{
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (mount("proc", "/proc", "proc", flags, "subset=pid") != 0 &&
        mount("proc", "/proc", "proc", flags, NULL) != 0)
        fail("mount(proc)");
}

static void make_folder(const char *path, const char *options)
{
    if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
        fail(path);
}

static void make_folders(const struct cell *cell)
{
    char options[64];
    snprintf(options, sizeof options, "mode=0755,size=%llu",
             (unsigned long long)cell->order.folder_bytes);
    make_folder("/tmp", options);
    make_folder("/dev/shm", options);
    make_folder("/box", options);
    if (chdir("/box") != 0)
        fail("chdir");
    for (char **link = cell->links; link[0]; link += 2)
        if (symlink(link[1], link[0]) != 0)
            fail(link[0]);
}

static void join_cgroups(const struct cell *cell)
{
    for (int i = 0; i < cell->cgroup_count; i++)
        if (write(cell->cgroups[i], "0", 1) != 1)
            fail("joining a group");
    if (cell->cgroup_count && unshare(CLONE_NEWCGROUP) != 0) /* its view begins at its own leaf */
        fail("unshare(NEWCGROUP)");
}

static void stay_on(int cpu)
{
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    sched_setaffinity(0, sizeof only, &only); /* a CPU that was taken away is no fault */
}

static void fence_in(const struct cell *cell)
{
    const struct order *order = &cell->order;
    struct limits limits = {
        .cpu_s = order->cpu_s, .stack = order->stack, .file = order->file, .files = 1024,
        .processes = order->processes, .address = order->address,
    };
    join_cgroups(cell);
    drop_capabilities();
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    apply(&limits);
    if (order->cpu >= 0)
        stay_on(order->cpu);
    filter_system_calls();
}

union room {
    struct cmsghdr header;
    char bytes[CMSG_SPACE((3 + MAX_CGROUPS) * sizeof(int))];
};

/* How many descriptors came, all close-on-exec; `size` becomes what was read. */
static int receive(int socket, void *bytes, ssize_t *size, int *descriptors, int most)
{
    union room room;
    struct iovec part = {.iov_base = bytes, .iov_len = (size_t)*size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room.bytes,
                             .msg_controllen = CMSG_SPACE((size_t)most * sizeof(int))};
    while ((*size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    struct cmsghdr *header = *size > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!header || header->cmsg_type != SCM_RIGHTS)
        return 0;
    int count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(descriptors, CMSG_DATA(header), (size_t)count * sizeof(int));
    return count;
}

/* By this handle on its reaper the server may end the cell. It goes while no program can be there
 * to hinder it: behind the filter nobody hands descriptors over. */
static void hand_over(int socket, int reaper)
{
    union room room = {0};
    struct iovec part = {.iov_base = "r", .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room.bytes,
                             .msg_controllen = CMSG_SPACE(sizeof reaper)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                               .cmsg_len = CMSG_LEN(sizeof reaper)};
    memcpy(CMSG_DATA(header), &reaper, sizeof reaper);
    if (sendmsg(socket, &message, MSG_NOSIGNAL) != 1 && errno != EPIPE && errno != ECONNRESET)
        fail("a handle on the reaper"); /* without the server, the program sees that by itself */
}

static int say_started(int socket)
{
    int64_t started_ns = now_ns();
    return send(socket, &started_ns, sizeof started_ns, MSG_NOSIGNAL) == sizeof started_ns;
}

/* Two programs of a box never run side by side: the word to start may come while the one before
 * still runs, with a handle on its reaper. Whether we are still to run when that has ended. */
static int outlast(int predecessor, int socket)
{
    struct pollfd waited[] = {{.fd = predecessor, .events = POLLIN}, {.fd = socket}};
    while (poll(waited, 2, -1) < 0)
        if (errno != EINTR)
            fail("poll");
    return !waited[1].revents;
}

_Noreturn static void become_program(const struct cell *cell)
{
    char go;
    int came[2]; /* standard input, and what to outlast */
    ssize_t size = 1;
    signal(SIGPIPE, SIG_DFL);
    if (unshare(CLONE_NEWNS | CLONE_NEWIPC) != 0)
        fail("unshare");
    mount_proc();
    make_folders(cell);
    setsid(); /* its own session and group: kill(0, ...) meets only its own */
    fence_in(cell);
    if (dup2(cell->output, 1) < 0 || dup2(cell->error, 2) < 0)
        fail("dup2");
    int count = receive(cell->socket, &go, &size, came, 2);
    if (count < 1 || (count == 2 && !outlast(came[1], cell->socket)))
        _exit(0); /* it is not to run */
    if (dup2(came[0], 0) < 0)
        fail("dup2");
    if (!say_started(cell->socket))
        _exit(125); /* the server is gone, and nobody would stop the program */
    execve(cell->arguments[0], cell->arguments, cell->variables);
    /* Not a fault of ours: a candidate's linker can be told to make what the kernel refuses. */
    dprintf(2, "cannot be started: %s\n", strerror(errno));
    _exit(127);
}

/* --- the reaper ------------------------------------------------------------------------------ */

/* Pid 1 of the cell's namespace only collects orphans. Nothing but its parent can end it: it keeps
 * every signal at its default, which the kernel drops for a namespace's first process. */
_Noreturn static void reap_orphans(void)
{
    drop_capabilities();
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    close_from(0);
    signal(SIGCHLD, SIG_IGN); /* the kernel then buries orphans by itself */
    for (;;)
        pause();
}

/* --- serve ----------------------------------------------------------------------------------- */

/* Where the next `count` words begin in `words`, or NULL; `next` and `text` move on. */
static char **take_words(char **words, int count, int *next, char **text, const char *end)
{
    char **first = words + *next;
    for (int i = 0; i < count; i++) {
        char *stop = *text < end ? memchr(*text, 0, (size_t)(end - *text)) : NULL;
        if (!stop || *next >= MAX_WORDS)
            return NULL;
        words[(*next)++] = *text;
        *text = stop + 1;
    }
    words[(*next)++] = NULL;
    return first;
}

static int understand(struct cell *cell, char *text, ssize_t size, const int *got, int count)
{
    const char *end = text + size;
    int next = 0;
    if (size < (ssize_t)sizeof cell->order || count < 3)
        return 0;
    memcpy(&cell->order, text, sizeof cell->order);
    text += sizeof cell->order;
    cell->arguments = take_words(cell->words, cell->order.arguments, &next, &text, end);
    cell->variables = take_words(cell->words, cell->order.variables, &next, &text, end);
    cell->links = take_words(cell->words, 2 * cell->order.links, &next, &text, end);
    cell->socket = got[0];
    cell->output = got[1];
    cell->error = got[2];
    cell->cgroup_count = count - 3;
    memcpy(cell->cgroups, got + 3, (size_t)cell->cgroup_count * sizeof(int));
    return cell->arguments && cell->variables && cell->links && cell->order.arguments > 0;
}

/* A cell's processes, as long as they are to be buried, and how the program did. */
struct alive {
    pid_t reaper, program;
    struct record record;
};
static struct alive all_alive[MAX_CELLS];
static int own_pids; /* the namespace of our own children */

static struct alive *room_for_one(void)
{
    for (int i = 0; i < MAX_CELLS; i++)
        if (!all_alive[i].reaper)
            return &all_alive[i];
    errno = ENOSPC;
    fail("too many cells");
}

static pid_t forked(void)
{
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    return child;
}

static void start(const struct cell *cell, const sigset_t *usual)
{
    struct alive *alive = room_for_one();
    if (unshare(CLONE_NEWPID) != 0)
        fail("unshare(NEWPID)");
    alive->record.cell = cell->order.cell;
    alive->reaper = forked();
    if (alive->reaper == 0)
        reap_orphans();
    int handle = (int)syscall(SYS_pidfd_open, alive->reaper, 0);
    if (handle < 0)
        fail("pidfd_open");
    hand_over(cell->socket, handle);
    close(handle);
    alive->program = forked();
    if (alive->program == 0) {
        sigprocmask(SIG_SETMASK, usual, NULL);
        become_program(cell);
    }
    if (setns(own_pids, CLONE_NEWPID) != 0)
        fail("setns");
}

static void take_order(const sigset_t *usual)
{
    static char text[MAX_ORDER];
    static struct cell cell;
    int got[3 + MAX_CGROUPS];
    ssize_t size = sizeof text;
    int count = receive(CONTROL_FD, text, &size, got, 3 + MAX_CGROUPS);
    if (size <= 0)
        _exit(0); /* the server has no more use for this box, and all in it goes with us */
    our_cell = 0;
    if (!understand(&cell, text, size, got, count))
        fail("an order that cannot be understood");
    our_cell = cell.order.cell;
    start(&cell, usual);
    our_cell = 0;
    for (int i = 0; i < count; i++)
        close(got[i]);
}

static void program_ended(struct alive *alive, int status, const struct rusage *used)
{
    alive->program = 0;
    alive->record = (struct record){
        .kind = ENDED, .cell = alive->record.cell, .value = status, .time_ns = now_ns(),
        .user_us = used->ru_utime.tv_sec * 1000000LL + used->ru_utime.tv_usec,
        .system_us = used->ru_stime.tv_sec * 1000000LL + used->ru_stime.tv_usec,
        .max_rss_kib = used->ru_maxrss,
    };
    kill(alive->reaper, SIGKILL); /* and with it all that is left in its namespace */
}

/* It goes after all others in its namespace, so that now nothing is left. */
static void reaper_ended(struct alive *alive)
{
    alive->reaper = 0;
    if (!report(&alive->record))
        _exit(0); /* the server is gone */
}

/* Some of those in a cell's namespace may be ours to bury beside the two that we started: a program
 * can give us children (CLONE_PARENT). */
static void bury(int signals)
{
    struct signalfd_siginfo ignored;
    struct rusage used;
    pid_t ended;
    int status;
    if (read(signals, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
        fail("signalfd");
    while ((ended = wait4(-1, &status, WNOHANG | __WALL, &used)) > 0)
        for (struct alive *alive = all_alive; alive < all_alive + MAX_CELLS; alive++)
            if (ended == alive->program)
                program_ended(alive, status, &used);
            else if (ended == alive->reaper)
                reaper_ended(alive);
}

/* Written to as before, a device on a read-only mount keeps its times, which are the machine's own
 * and would be seen by all that is judged here. Bubblewrap's --remount-ro would close it to all. */
static void protect_device(const char *path)
{
    struct statvfs found;
    if (statvfs(path, &found) != 0)
        return;
    unsigned long flags = found.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME);
    if (!(found.f_flag & ST_NOATIME))
        flags |= found.f_flag & ST_RELATIME ? MS_RELATIME : MS_STRICTATIME;
    mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL);
}

int serve(void)
{
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                          "/dev/urandom"};
    sigset_t child, usual;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
    close_from(CONTROL_FD + 1);
    default_signals();
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &usual);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        fail("mount(private)");
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        protect_device(devices[i]);
    bound_capabilities();
    own_pids = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    if (own_pids < 0)
        fail("/proc/self/ns/pid");
    int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    struct pollfd waited[] = {{.fd = CONTROL_FD, .events = POLLIN},
                              {.fd = signals, .events = POLLIN}};
    for (;;) {
        if (poll(waited, 2, -1) < 0 && errno != EINTR)
            fail("poll");
        if (waited[1].revents)
            bury(signals); /* first: the next program waits for it */
        else if (waited[0].revents)
            take_order(&usual);
    }
}
