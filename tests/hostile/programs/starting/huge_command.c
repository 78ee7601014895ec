/* Starts others with as many and as long words and variables as there is room for, and more. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int count = 30000;
    char **words = calloc(count + 2, sizeof *words), *word = malloc(130000);
    memset(word, 'x', 129999);
    word[129999] = 0;
    words[0] = "true";
    for (int length = 129999; length > 0; length /= 10) {
        word[length] = 0;
        for (int n = 1; n <= count; n++)
            words[n] = word;
        if (fork() == 0) {
            execve("/bin/true", words, words);
            _exit(1);
        }
        wait(0);
    }
    puts("held");
}
