/* Writes for ever, as fast as it can. */
#include <stdio.h>
int main(void) { for (;;) puts("all work and no play"); }
