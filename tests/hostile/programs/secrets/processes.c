/* Environment, arguments, memory, descriptors and folders of every process that it can see. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static const char *const files[] = {"environ", "mem", "maps", "auxv", "syscall", "stack",
                                    "cwd/.", "root/etc", "exe", "fd/0", "fd/3", "fdinfo/3",
                                    "map_files/.", "ns/user", "io", "pagemap", "personality"};
int main(void)
{
    char path[300];
    struct dirent *entry;
    DIR *proc = opendir("/proc");
    while ((entry = readdir(proc))) {
        if (!isdigit(entry->d_name[0]) || atoi(entry->d_name) == getpid())
            continue;
        for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
            char buffer[64];
            snprintf(path, sizeof path, "/proc/%s/%s", entry->d_name, files[i]);
            int fd = open(path, O_RDONLY);
            if (fd >= 0 && read(fd, buffer, sizeof buffer) > 0)
                printf("ESCAPED: %s\n", path);
            if (fd >= 0 && files[i][0] != 'm')
                printf("ESCAPED: opened %s\n", path);
        }
    }
    puts("held");
}
