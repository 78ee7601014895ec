"""Names of the signals of Linux, where every program is judged, wherever it is read of."""

_NAMES = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
]
_FIRST_REAL_TIME, _LAST_REAL_TIME = 34, 64


def signal_name(number: int) -> str:
    """Such as `SIGSEGV`; `unknown` where no signal has the number."""
    if 1 <= number <= len(_NAMES):
        return _NAMES[number - 1]
    if _FIRST_REAL_TIME <= number <= _LAST_REAL_TIME:
        beyond = number - _FIRST_REAL_TIME
        return f"SIGRTMIN+{beyond}" if beyond else "SIGRTMIN"
    return "unknown"
