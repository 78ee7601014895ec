/* The same calls by other doors: those of 32 bits, of x32, and the page that stands for calls. */
#include <stdio.h>
#include <unistd.h>
int main(void)
{
#ifdef __x86_64__
    long answer;
    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(20L /* getpid */) : "memory");
    if (answer > 0)
        puts("ESCAPED: a call of 32 bits");
    if (syscall(0x40000000L + 39 /* getpid */) > 0)
        puts("ESCAPED: a call of x32");
    if (syscall(-1L) != -1 || syscall(0x7fffffffL) != -1 || syscall(1L << 32 | 39) != getpid())
        puts("ESCAPED: a number that wraps");
#endif
    puts("held");
}
