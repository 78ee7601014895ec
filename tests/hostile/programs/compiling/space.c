/* One line for the assembler, gigabytes for whoever keeps the result. */
__asm__(".data\n.rept 2000000000\n.quad 1\n.endr\n");
int main(void) { return 0; }
