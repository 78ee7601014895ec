/* Deaf to the signal that says that its CPU time is up. */
#include <signal.h>
int main(void)
{
    for (int number = 1; number < 65; number++)
        signal(number, SIG_IGN);
    for (volatile int i = 0;; i = i + 1)
        ;
}
