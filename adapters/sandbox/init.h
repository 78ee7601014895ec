/*
 * What init's files have of each other.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

/* The server's end of it says what to do, ours how it went; no program ever has it. */
#define CONTROL_FD 3

struct limits {
    rlim_t cpu_s, stack, file, files, processes, address;
};

/* What goes to the server; session.py reads it with "=4i4q". Whom it concerns is
 * `cell`, 0 for the whole box; after a failure comes its reason in words. */
enum { ENDED = 1, FAILED = 2 };
struct record {
    int32_t kind, cell, value, unused; /* ENDED: the wait status; FAILED: errno */
    int64_t time_ns, user_us, system_us, max_rss_kib;
};

/* init.c */
extern int32_t our_cell;
_Noreturn void fail(const char *what);
int report(const struct record *record);
int64_t now_ns(void);
void close_from(int first);
void default_signals(void);

/* serve.c */
int serve(void);

/* hear.c */
int hear(size_t limit, int told);

/* fence.c: each of these ends the process where it cannot be done. */
void bound_capabilities(void);
void drop_capabilities(void);
void apply(const struct limits *limits);

/* calls.c: the same */
void filter_system_calls(void);
