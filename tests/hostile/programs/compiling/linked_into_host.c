/* Names of its own for what runs before the program and for what loads it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void begin(void)
{
    if (getuid() != 1000 || getenv("LD_PRELOAD") || access("/etc/shadow", R_OK) == 0)
        puts("ESCAPED: ran before it was confined");
}
__attribute__((section(".preinit_array"), used)) static void (*first)(void) = begin;
__attribute__((constructor(101))) static void second(void) { begin(); }
int main(void) { puts("held"); }
