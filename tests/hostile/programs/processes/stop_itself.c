/* Stops itself and all that it has, so that nobody is left who could end. */
#include <signal.h>
#include <unistd.h>
int main(void)
{
    fork();
    fork();
    kill(0, SIGSTOP);
    for (;;)
        pause();
}
