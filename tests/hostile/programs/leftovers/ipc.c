/* Old and new queues, semaphores and shared memory, which live on without a process. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
int main(void)
{
    struct { long kind; char text[8]; } note = {1, "left"};
    if (shmget(42, 0, 0) >= 0 || semget(42, 0, 0) >= 0 || msgget(42, 0) >= 0)
        puts("ESCAPED: found what was left by the old interface");
    if (mq_open("/left", O_RDONLY) != (mqd_t)-1 || shm_open("/left", O_RDONLY, 0) >= 0)
        puts("ESCAPED: found what was left by the new one");
    if (shmget(1, 0, 0) >= 0)
        puts("ESCAPED: there are segments of others");
    shmget(42, 4096, IPC_CREAT | 0666);
    semget(42, 4, IPC_CREAT | 0666);
    msgsnd(msgget(42, IPC_CREAT | 0666), &note, sizeof note.text, 0);
    mq_open("/left", O_CREAT | O_RDWR, 0666, (struct mq_attr *)0);
    shm_open("/left", O_CREAT | O_RDWR, 0666);
    puts("held");
}
