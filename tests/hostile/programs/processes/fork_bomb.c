/* Doubles for ever; those that cannot double any more are busy. */
#include <unistd.h>
int main(void) { for (;;) fork(); }
