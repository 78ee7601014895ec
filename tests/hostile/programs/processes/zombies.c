/* Never buries its children: as many as it may have, and then it ends. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    int made = 0, child;
    while ((child = fork()) > 0 && made < 100000)
        made++;
    if (child == 0)
        _exit(0);
    puts(made < 300 && errno == EAGAIN ? "held" : "ESCAPED: no end of processes");
}
