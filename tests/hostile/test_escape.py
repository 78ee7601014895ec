"""Programs that look for what is not theirs: files, the network, other processes, the report."""

import asyncio

import pytest

from adapters.sandbox.judge import SandboxJudge
from domain.limits import Limits
from tests.adapters.sandbox.judging import QUICK, ROOMY, files, job, judged, ran

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRETS = [
    "/etc/shadow", "/etc/hosts", "/etc/ssl", "/root", "/home", "/work", "/var", "/sys", "/run",
    "/proc/1/environ", "/proc/1/fd/3", "/proc/1/mem", "/proc/1/root", "/proc/kcore", "/proc/kmsg",
]  # fmt: skip


@pytest.mark.parametrize("path", SECRETS)
async def test_it_cannot_read(judge: SandboxJudge, path: str) -> None:
    run = await ran(judge, "bash", f"ls -A {path}/ || cat {path}")

    assert (run.stdout, run.exit_code) == (b"", 1)


@pytest.mark.parametrize(
    "path", ["/x", "/usr/x", "/app/x", "/etc/x", "/dev/x", "/proc/x", "/init", "/app/main.sh"]
)
async def test_it_cannot_write(judge: SandboxJudge, path: str) -> None:
    run = await ran(judge, "bash", f"echo x >>{path}")

    assert run.exit_code == 1


@pytest.mark.parametrize("folder", ["/box", "/tmp", "/dev/shm"])  # noqa: S108 - the box's
async def test_it_can_write_where_it_may(judge: SandboxJudge, folder: str) -> None:
    run = await ran(judge, "bash", f"echo x >{folder}/x && cat {folder}/x")

    assert run.stdout == b"x\n"


async def test_its_environment_says_nothing_of_the_server(judge: SandboxJudge) -> None:
    run = await ran(judge, "bash", "exec env -u _ -u SHLVL -u OLDPWD")

    assert sorted(run.stdout.decode().split()) == [
        "HOME=/box", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "PWD=/box", "TMPDIR=/tmp",
    ]  # fmt: skip


async def test_it_sees_only_its_own_processes_and_its_own_name(judge: SandboxJudge) -> None:
    run = await ran(judge, "bash", "echo /proc/[0-9]*; uname -n; id -u; cat /proc/self/cgroup")

    processes, host, uid, *groups = run.stdout.decode().splitlines()
    assert processes == "/proc/1 /proc/2"
    assert (host, uid) == ("box", "1000")
    assert all(group.endswith(":/") for group in groups)


async def test_it_has_no_descriptor_but_three(judge: SandboxJudge) -> None:
    source = "import os\nprint(sorted(int(f) for f in os.listdir('/proc/self/fd'))[:-1])"

    run = await ran(judge, "python3", source)

    assert run.stdout == b"[0, 1, 2]\n"


async def test_it_gets_no_argument_that_it_did_not_ask_for(judge: SandboxJudge) -> None:
    run = await ran(judge, "c", "int main(int count) { return count; }")

    assert run.exit_code == 1


async def test_it_has_no_capability_and_gets_none(judge: SandboxJudge) -> None:
    run = await ran(judge, "bash", "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status")

    found = dict(line.split(":\t") for line in run.stdout.decode().splitlines())
    assert {value for name, value in found.items() if name.startswith("Cap")} == {"0" * 16}
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


REFUSED = {
    "ptrace of its parent": (101, "16, 1, 0, 0", 1),
    "ptrace of itself": (101, "0, 0, 0, 0", 1),
    "process_vm_readv": (310, "1, 0, 0, 0, 0, 0", 1),
    "process_vm_writev": (311, "1, 0, 0, 0, 0, 0", 1),
    "pidfd_getfd": (438, "0, 0, 0", 1),
    "keyctl": (250, "0, -3, 0", 1),
    "add_key": (248, "0, 0, 0, 0, 0", 1),
    "mount": (165, "0, 0, 0, 0, 0", 1),
    "umount2": (166, "0, 0", 1),
    "unshare of users": (272, "0x10000000", 1),
    "setns": (308, "0, 0", 1),
    "clone of users": (56, "0x10000011, 0, 0, 0, 0", 1),
    "clone3": (435, "0, 0", 38),
    "bpf": (321, "0, 0, 0", 1),
    "perf_event_open": (298, "0, 0, -1, -1, 0", 1),
    "userfaultfd": (323, "0", 1),
    "io_uring_setup": (425, "1, 0", 38),
    "kexec_load": (246, "0, 0, 0, 0", 1),
    "open_by_handle_at": (304, "-1, 0, 0", 1),
    "init_module": (175, "0, 0, 0", 1),
    "chroot": (161, "0", 1),
    "an x32 call": (0x40000000 + 39, "0", 38),
    "socket of AF_VSOCK": (41, "40, 1, 0", 97),
    "socket of AF_ALG": (41, "38, 5, 0", 97),
    "socket of AF_PACKET": (41, "17, 3, 0", 97),
}


async def test_the_kernel_refuses_what_no_solution_needs(judge: SandboxJudge) -> None:
    calls = "".join(
        f'errno = 0; r = syscall({number}, {arguments}); printf("%ld %d\\n", r, errno);'
        for number, arguments, _ in REFUSED.values()
    )
    source = (
        "#include <errno.h>\n#include <stdio.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n"
        f"int main(void) {{ long r; {calls} }}"
    )

    run = await ran(judge, "c", source)

    answers = dict(zip(REFUSED, run.stdout.decode().splitlines(), strict=True))
    assert answers == {name: f"-1 {errno}" for name, (_, _, errno) in REFUSED.items()}


NETWORK = {
    "loopback": "socket.socket().connect(('127.0.0.1', 22))",
    "outside": "socket.socket().connect(('1.1.1.1', 53))",
    "name": "socket.create_connection(('example.com', 80), 1)",
    "neighbour": "socket.socket().connect(('169.254.169.254', 80))",
    "abstract": "socket.socket(socket.AF_UNIX).connect('\\0/tmp/.X11-unix/X0')",
}


@pytest.mark.parametrize("where", NETWORK)
async def test_it_reaches_nobody_by_network(judge: SandboxJudge, where: str) -> None:
    source = f"import socket\ntry: {NETWORK[where]}\nexcept OSError: print('refused')"

    run = await ran(judge, "python3", source)

    assert run.stdout == b"refused\n"


async def test_it_can_talk_to_itself(judge: SandboxJudge) -> None:
    source = "import socket\na, b = socket.socketpair()\na.send(b'x')\nprint(b.recv(1))"

    assert (await ran(judge, "python3", source)).stdout == b"b'x'\n"


@pytest.mark.parametrize(
    "attack",
    [
        "os.write(os.open('/proc/self/fd/0', os.O_RDWR), b'poison')",
        "os.truncate('/proc/self/fd/0', 0)",
        "os.pwrite(0, b'poison', 0)",
        "fcntl.fcntl(0, 1033, 0); os.chmod('/proc/self/fd/0', 0o777); open('/dev/stdin', 'w')",
    ],
)
async def test_the_input_cannot_be_changed(judge: SandboxJudge, attack: str) -> None:
    source = (
        f"import fcntl, os\ntry: {attack}\nexcept OSError: pass\n"
        "print(open('/proc/self/fd/0').read())"
    )

    _, runs = await judged(judge, job("python3", source, b"clean", b"clean"))

    assert [run.stdout for run in runs] == [b"clean\n", b"clean\n"]


async def test_its_outputs_may_be_opened_by_name(judge: SandboxJudge) -> None:
    run = await ran(judge, "bash", "echo a >/dev/stdout; echo b >/dev/stderr; cat /dev/stdin", b"c")

    assert (run.stdout, run.stderr) == (b"a\nc", b"b\n")


FORGED = bytes([2, 0, 0, 0]) + bytes(44)
"""What init reports of a program that ended with 0."""


async def test_it_cannot_forge_the_report(judge: SandboxJudge) -> None:
    source = f"""
import os
for pid in ("self", "1", "2", "0"):
    for fd in range(3, 65):
        for path in (f"/proc/{{pid}}/fd/{{fd}}", f"/proc/{{pid}}/task/{{pid}}/fd/{{fd}}"):
            try: os.write(os.open(path, os.O_WRONLY), {FORGED!r})
            except OSError: pass
for fd in range(3, 65):
    try: os.write(fd, {FORGED!r})
    except OSError: pass
os._exit(41)
"""
    run = await ran(judge, "python3", source)

    assert (run.exit_code, run.signal, run.fault) == (41, None, None)


async def test_it_cannot_end_the_first_process(judge: SandboxJudge) -> None:
    source = """
import os, signal
for number in range(1, 65):
    try: os.kill(1, number)
    except OSError: pass
if os.fork() == 0: signal.pause()
os.kill(-1, signal.SIGKILL)
os.killpg(0, signal.SIGCONT)
os._exit(42)
"""
    run = await ran(judge, "python3", source)

    assert (run.exit_code, run.fault) == (42, None)


async def test_code_137_and_the_signal_are_told_apart(judge: SandboxJudge) -> None:
    by_code = await ran(judge, "bash", "exit 137")
    by_signal = await ran(judge, "bash", "kill -9 $$")

    assert (by_code.exit_code, by_code.signal) == (137, None)
    assert (by_signal.exit_code, by_signal.signal) == (None, 9)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6, 7, 8, 10, 11, 13, 14, 15, 24, 31])
async def test_the_signal_that_ended_it_is_told(judge: SandboxJudge, number: int) -> None:
    run = await ran(judge, "python3", f"import os, signal\nsignal.signal({number}, 0)\n"
                    f"os.kill(os.getpid(), {number})\nprint('alive')")  # fmt: skip

    assert (run.exit_code, run.signal) == (None, number)
    assert run.excess == frozenset()


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("#include <stdlib.h>\nint main(void) { abort(); }", 6),
        ("int main(void) { *(volatile int *)0 = 1; }", 11),
        ("int main(int n, char **v) { volatile int z = 0; return (n + 9) / z; }", 8),
        ("int main(void) { __builtin_trap(); }", 4),
    ],
)
async def test_a_crash_is_told_by_its_signal(judge: SandboxJudge, source: str, number: int) -> None:
    run = await ran(judge, "c", source, limits=QUICK)

    assert (run.exit_code, run.signal, run.excess) == (None, number, frozenset())


LINGERERS = {
    "a child": "if os.fork() == 0: time.sleep(60)",
    "a session of its own": """
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
""",
    "an orphan": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(60)
    os._exit(0)
""",
    "a deaf child": """
for n in set(range(1, 65)) - {9, 19, 32, 33}:
    signal.signal(n, signal.SIG_IGN)
if os.fork() == 0: time.sleep(60)
""",
    "a crowd": """
for _ in range(40):
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
""",
}


@pytest.mark.parametrize("way", LINGERERS)
async def test_children_end_with_it(judge: SandboxJudge, way: str) -> None:
    source = f"import os, signal, time\n{LINGERERS[way]}\nprint('over', flush=True)\nos._exit(0)"

    run = await ran(judge, "python3", source, limits=Limits(time_ms=5_000, memory_kib=262_144))

    assert (run.stdout, run.exit_code, run.excess) == (b"over\n", 0, frozenset())
    assert run.wall_ms < 5_000


@pytest.mark.parametrize("child", ["sleep(60);", "_exit(3);", "for (;;) ;"])
async def test_a_child_given_to_its_parent_holds_nothing_up(
    judge: SandboxJudge, child: str
) -> None:
    source = f"""
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {{
    for (int i = 0; i < 3; i++)
        if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0) {{ {child} }}
    return 0;
}}
"""
    run = await ran(judge, "c", source, limits=QUICK)

    assert (run.exit_code, run.signal, run.excess) == (0, None, frozenset())


@pytest.mark.parametrize("family", [2, 16, 30, 40])
async def test_pairs_of_sockets_are_of_one_family(judge: SandboxJudge, family: int) -> None:
    source = f"import socket\ntry: socket.socketpair({family})\nexcept OSError as e: print(e.errno)"

    assert (await ran(judge, "python3", source)).stdout == b"97\n"


async def test_its_outputs_cannot_be_read(judge: SandboxJudge) -> None:
    run = await ran(judge, "bash", "echo a; read -r -t 1 line <>/dev/stdout; cat /dev/stderr")

    assert (run.stdout, run.exit_code) == (b"a\n", 1)
    assert run.stderr.count(b"Permission denied") == 2


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_compiler_is_not_held_up_by_its_own_output(
    judge: SandboxJudge, number: int
) -> None:
    work = judged(judge, job("c", f'#include "/dev/fd/{number}"\n'))

    compilation, _ = await asyncio.wait_for(work, timeout=60)

    assert (compilation.ok, compilation.fault) == (False, None)


async def test_its_limits_leave_no_core_and_no_rank(judge: SandboxJudge) -> None:
    source = "ulimit -Hc; ulimit -Hi; ulimit -Hr; ulimit -Hq; ulimit -He"

    lines = (await ran(judge, "bash", source)).stdout.split()

    assert lines[1:] == [b"1024", b"0", b"0", b"0"]


async def test_a_test_leaves_nothing_for_the_next(judge: SandboxJudge) -> None:
    source = "cat /tmp/x /box/x /dev/shm/x; echo $1 | tee /tmp/x /box/x >/dev/shm/x; echo ran"

    _, runs = await judged(judge, job("bash", source, b"", b""))

    assert [run.stdout for run in runs] == [b"ran\n", b"ran\n"]


async def test_a_check_that_runs_code_cannot_swap_the_program(judge: SandboxJudge) -> None:
    source = (
        "BEGIN { for my $f (3..9) { if (open(my $h, qq{>&=$f})) { print $h 'x' x 10240 } }"
        " if (open(my $h, '>', 'main.pl')) { print $h 'print \"swapped\"' } }"
        " print 'honest';"
    )

    run = await ran(judge, "perl", source)

    assert run.stdout == b"honest"


async def test_names_of_files_are_only_names(judge: SandboxJudge) -> None:
    program = files("main.py", main_py="import os\nprint(sorted(os.listdir()))", x_txt="", o="")

    run = await ran(judge, "python3", program, limits=ROOMY)

    assert run.stdout == b"['main.py', 'o', 'x.txt']\n"
