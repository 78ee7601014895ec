/* Files of the host and of its processes, whose lines would be shown as errors. */
#include "/proc/self/environ"
#include "/proc/1/environ"
#include "/proc/self/mountinfo"
#include "/proc/1/cmdline"
#if __has_include("/etc/shadow") || __has_include("/root/.bashrc") || __has_include("/sys/kernel")
#error ESCAPED
#endif
#include "/etc/passwd"
#include "/etc/hosts"
#include "../../../../../../etc/hostname"
