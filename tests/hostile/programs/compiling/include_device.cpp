// Another file without end; nobody may even ask for its own terminal.
#if __has_include("/dev/tty") || __has_include("/dev/ptmx")
#error ESCAPED
#endif
#include "/dev/full"
