/* Traces, reads, writes and borrows descriptors of whoever is above it, and of itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    char buffer[64];
    struct iovec here = {buffer, sizeof buffer}, there = {(void *)0x400000, sizeof buffer};
    int victims[] = {1, getppid(), getpid()};
    for (int i = 0; i < 3; i++) {
        int pid = victims[i];
        if (ptrace(PTRACE_ATTACH, pid, 0, 0) == 0 || ptrace(PTRACE_SEIZE, pid, 0, 0) == 0)
            puts("ESCAPED: traced");
        if (process_vm_readv(pid, &here, 1, &there, 1, 0) > 0)
            puts("ESCAPED: read memory");
        if (process_vm_writev(pid, &here, 1, &there, 1, 0) > 0)
            puts("ESCAPED: wrote memory");
        int handle = syscall(434 /* pidfd_open */, pid, 0);
        for (int fd = 0; fd < 16; fd++)
            if (handle >= 0 && syscall(438 /* pidfd_getfd */, handle, fd, 0) >= 0)
                puts("ESCAPED: took a descriptor");
        if (syscall(SYS_kcmp, pid, getpid(), 0, 0, 0) >= 0)
            puts("ESCAPED: compared");
    }
    if (fork() == 0) {
        _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
    }
    int status;
    wait(&status);
    puts(status ? "ESCAPED: let itself be traced" : "held");
}
