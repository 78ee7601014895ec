/*
 * What an interactor hears: standard input is passed on to standard output, as far as a limit, and
 * read on whether or not anybody listens there. So whoever talks too much is known by it at once,
 * and not only when one who hears nothing has run out of time.
 */
#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST_ROOM 65536

/* Bytes that are here and were not passed on; they lie from `start` to `end`. */
struct held {
    char *bytes;
    size_t size, start, end;
};

static int make_room(struct held *held)
{
    if (held->start == held->end)
        held->start = held->end = 0;
    if (held->size - held->end >= LEAST_ROOM)
        return 1;
    if (held->start >= LEAST_ROOM && held->start >= held->end - held->start) {
        memmove(held->bytes, held->bytes + held->start, held->end - held->start);
        held->end -= held->start;
        held->start = 0;
        return 1;
    }
    char *larger = realloc(held->bytes, 2 * held->size + LEAST_ROOM);
    if (!larger)
        return 0;
    held->bytes = larger;
    held->size = 2 * held->size + LEAST_ROOM;
    return 1;
}

/* Whether somebody may still listen. */
static int pass_on(struct held *held)
{
    ssize_t sent = write(STDOUT_FILENO, held->bytes + held->start, held->end - held->start);
    if (sent > 0)
        held->start += (size_t)sent;
    return sent >= 0 || errno == EAGAIN || errno == EINTR;
}

/* Takes what is there, `left` bytes at most; what is over is not taken. 0 at the end, and where
 * there was more, of which `told` hears first: whoever listens must not see its end before. */
static int take(struct held *held, size_t *left, int told)
{
    char one;
    size_t wanted = held->size - held->end < *left ? held->size - held->end : *left;
    ssize_t got = read(STDIN_FILENO, *left ? held->bytes + held->end : &one, *left ? wanted : 1);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got > 0 && !*left) {
        while (write(told, "!", 1) < 0 && errno == EINTR)
            ;
        return 0;
    }
    held->end += (size_t)got;
    *left -= (size_t)got;
    return got > 0;
}

int hear(size_t limit, int told)
{
    struct held held = {0};
    int is_open = 1;
    if (fcntl(STDOUT_FILENO, F_SETFL, O_WRONLY | O_NONBLOCK) != 0)
        return 1;
    while (is_open || held.start < held.end) {
        struct pollfd both[2] = {
            {.fd = is_open ? STDIN_FILENO : -1, .events = POLLIN},
            {.fd = held.start < held.end ? STDOUT_FILENO : -1, .events = POLLOUT},
        };
        if (poll(both, 2, -1) < 0 && errno != EINTR)
            return 1;
        if (both[0].revents)
            is_open = make_room(&held) && take(&held, &limit, told);
        if (held.start < held.end && !pass_on(&held))
            return 0;
    }
    return 0;
}
