/* Every signal to all that may be signalled, to every group, and to what is behind number 0. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    for (int number = 1; number < 65; number++)
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_IGN);
    for (int number = 0; number < 65; number++) {
        if (number != SIGKILL && number != SIGSTOP)
            kill(0, number);
        kill(-1, number); /* all but itself and the first process */
        kill(1, number);
        kill(-2, number == SIGKILL || number == SIGSTOP ? 0 : number);
    }
    puts("held");
}
