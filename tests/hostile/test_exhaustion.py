"""Programs that want all of the machine: time, memory, processes, output, disk."""

import pytest

from adapters.sandbox.judge import SandboxJudge
from domain.limits import Limits
from domain.run import Excess
from tests.adapters.sandbox.judging import QUICK, ROOMY, job, judged, ran

pytestmark = pytest.mark.asyncio(loop_scope="session")
WALL = Limits(time_ms=50, memory_kib=65_536)
SLOW_START = Limits(time_ms=500, memory_kib=262_144)
LATE_MS = 500
"""How late a busy machine may be; who is not ended goes on to the wall time's end, or for ever."""

BUSY = {
    "c": "int main(void) { for (volatile int i = 0;;) i = i + 1; }",
    "python3": "while True: pass",
    "bash": "while :; do :; done",
    "java": "class A { public static void main(String[] a) { for (;;) { } } }",
    "javascript": "for (;;) { }",
    "go": "package main\nfunc main() { for { } }",
}


@pytest.mark.parametrize("language", BUSY)
async def test_a_busy_loop_is_ended_at_its_cpu_limit(judge: SandboxJudge, language: str) -> None:
    run = await ran(judge, language, BUSY[language], limits=SLOW_START)

    assert run.excess == {Excess.CPU_TIME}
    assert run.signal == 9
    assert SLOW_START.kill_time_ms <= run.cpu_ms <= SLOW_START.kill_time_ms + LATE_MS


async def test_the_cpu_time_of_all_processes_counts(judge: SandboxJudge) -> None:
    source = "import os\nos.fork(); os.fork()\nwhile True: pass"

    run = await ran(judge, "python3", source, limits=QUICK)

    assert run.excess == {Excess.CPU_TIME}
    assert run.cpu_ms <= QUICK.kill_time_ms + LATE_MS


async def test_the_cpu_time_of_children_that_are_gone_counts(judge: SandboxJudge) -> None:
    source = """
import os, time
while True:
    if os.fork() == 0:
        end = time.process_time() + 0.02
        while time.process_time() < end: pass
        os._exit(0)
    os.wait()
"""
    run = await ran(judge, "python3", source, limits=QUICK)

    assert run.excess == {Excess.CPU_TIME}


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("bash", "exec sleep 100"),
        ("bash", "kill -STOP $$"),
        ("bash", "trap '' TERM HUP INT XCPU; while :; do sleep 1; done"),
        ("bash", "exec 0<&- 1>&- 2>&-; sleep 100"),
        ("python3", "import select; select.epoll().poll()"),
    ],
)
async def test_one_that_waits_for_ever_is_ended(
    judge: SandboxJudge, language: str, source: str
) -> None:
    run = await ran(judge, language, source, limits=WALL)

    assert run.excess == {Excess.WALL_TIME}
    assert run.signal == 9
    assert WALL.wall_time_ms <= run.wall_ms <= WALL.wall_time_ms + 10 * LATE_MS


FORK_BOMBS = {
    "c": "int fork(void); int main(void) { for (;;) fork(); }",
    "bash": "bomb() { bomb | bomb & }; bomb; while :; do :; done",
    "python3": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
}


@pytest.mark.parametrize("language", FORK_BOMBS)
async def test_a_fork_bomb_goes_off_in_its_box(judge: SandboxJudge, language: str) -> None:
    run = await ran(judge, language, FORK_BOMBS[language], limits=QUICK)

    assert run.signal == 9 or run.exit_code != 0
    assert run.excess <= {Excess.CPU_TIME, Excess.MEMORY}


async def test_only_so_many_processes_can_be_made(judge: SandboxJudge) -> None:
    source = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0: time.sleep(60)
        made += 1
except BlockingIOError:
    print(made)
"""
    run = await ran(judge, "python3", source)

    assert 0 < int(run.stdout) < 64
    assert run.excess == frozenset()


EATERS = {
    "at once": (
        "c",
        """
#include <stdlib.h>
#include <string.h>
int main(void) { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }
""",
    ),
    "by children": (
        "python3",
        """
import os
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(16 << 20)
        os.wait()
for _ in range(8): os.wait()
""",
    ),
    "in /tmp": ("bash", "cat /dev/zero >/tmp/full; cat /dev/zero >/box/full; sleep 100"),
    "in /dev/shm": ("bash", "cat /dev/zero >/dev/shm/full; cat /dev/zero >/tmp/full; sleep 100"),
    "in a memfd": (
        "python3",
        "import os\nf = os.memfd_create('x')\nwhile True: os.write(f, bytes(1 << 20))",
    ),
    "in names of files": (
        "python3",
        f"n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{{n}}{'x' * 200}', 'w').close()",
    ),
}


@pytest.mark.parametrize("way", EATERS)
async def test_an_eater_of_memory_is_ended(judge: SandboxJudge, way: str) -> None:
    language, source = EATERS[way]

    run = await ran(judge, language, source, limits=Limits(time_ms=5_000, memory_kib=65_536))

    assert Excess.MEMORY in run.excess
    assert 60_000 <= run.memory_kib <= 65_536


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (
            "java",
            """
class A {
  public static void main(String[] a) {
    var l = new java.util.ArrayList<int[]>();
    for (;;) l.add(new int[1 << 18]);
  }
}
""",
        ),
        ("javascript", "const l = []; for (;;) l.push(new Array(1 << 15).fill({}));"),
        ("python3", "x = bytearray(1 << 45)"),
        ("cpp", "#include <vector>\nint main() { std::vector<char> v(1ull << 45); }"),
        (
            "rust",
            """
fn main() {
    let v = vec![1u8; 1 << 45];
    unsafe { std::ptr::read_volatile(v.as_ptr()); }
}
""",
        ),
    ],
)  # fmt: skip
async def test_a_runtime_that_gives_up_for_want_of_memory_is_told(
    judge: SandboxJudge, language: str, source: str
) -> None:
    limits = Limits(time_ms=10_000, memory_kib=262_144)

    run = await ran(judge, language, source, limits=limits)

    assert Excess.MEMORY in run.excess
    assert run.exit_code != 0


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (
            "c",
            """
int f(char *p) { char b[256]; b[0] = p ? *p + 1 : 1; return f(b) + b[0]; }
int main(void) { return f(0); }
""",
        ),
        (
            "rust",
            """
#[allow(unconditional_recursion)]
fn f(n: u64) -> u64 { let m = f(n + 1); unsafe { std::ptr::read_volatile(&m) + 1 } }
fn main() { println!("{}", f(0)); }
""",
        ),
    ],
)  # fmt: skip
async def test_endless_recursion_is_a_crash(
    judge: SandboxJudge, language: str, source: str
) -> None:
    run = await ran(judge, language, source, limits=ROOMY)

    assert run.signal in {6, 11}
    assert run.excess == frozenset()


@pytest.mark.parametrize("source", ["yes", "yes >&2 & yes", "trap '' PIPE; yes; yes; yes"])
async def test_a_flood_of_output_is_cut_and_ended(judge: SandboxJudge, source: str) -> None:
    limits = Limits(time_ms=2_000, memory_kib=65_536, output_kib=64)

    run = await ran(judge, "bash", source, limits=limits)

    assert Excess.OUTPUT in run.excess
    assert run.stdout == b"y\n" * (32 * 1024)


async def test_a_flood_of_standard_error_is_cut_silently(judge: SandboxJudge) -> None:
    source = "head -c 5000000 /dev/zero >&2; echo done"

    run = await ran(judge, "bash", source)

    assert (run.stdout, run.exit_code, run.excess) == (b"done\n", 0, frozenset())
    assert run.stderr == bytes(64 * 1024)


@pytest.mark.parametrize(("size", "excess"), [(65_536, set()), (65_537, {Excess.OUTPUT})])
async def test_the_output_limit_is_exact(
    judge: SandboxJudge, size: int, excess: set[Excess]
) -> None:
    run = await ran(
        judge,
        "bash",
        f"head -c {size} /dev/zero",
        limits=Limits(time_ms=2_000, memory_kib=65_536, output_kib=64),
    )

    assert len(run.stdout) == 65_536
    assert run.excess == excess


async def test_ten_mebibytes_go_in_and_out_unharmed(judge: SandboxJudge) -> None:
    data = bytes(range(256)) * (10 * 4096)

    run = await ran(judge, "bash", "exec cat", data)

    assert run.stdout == data
    assert (run.exit_code, run.excess) == (0, frozenset())


@pytest.mark.parametrize("output", [b"", b"no newline", b"\n", b"\0\xff\r\n", b"\xef\xbb\xbf"])
async def test_output_is_kept_byte_for_byte(judge: SandboxJudge, output: bytes) -> None:
    run = await ran(judge, "bash", "exec cat", output)

    assert (run.stdout, run.exit_code) == (output, 0)


async def test_input_that_nobody_reads_is_no_fault(judge: SandboxJudge) -> None:
    run = await ran(judge, "bash", "exit 0", bytes(10 << 20))

    assert (run.exit_code, run.fault, run.stdout) == (0, None, b"")


COMPILER_BOMBS = {
    "c": '#include "/dev/zero"\n',
    "cpp": "template<int N> struct A { A<N + 1> a; A<N + 2> b; };\nA<0> a;\nint main() { }\n",
    "perl": "BEGIN { my $x = 'x' x (1 << 31) }",
}


@pytest.mark.parametrize("language", COMPILER_BOMBS)
async def test_a_bomb_for_the_compiler_is_a_compile_error(
    judge: SandboxJudge, language: str
) -> None:
    compilation, runs = await judged(judge, job(language, COMPILER_BOMBS[language]))

    assert (compilation.ok, compilation.fault, runs) == (False, None, [])
    assert compilation.output
    assert len(compilation.output) <= 66_000


async def test_a_program_that_is_too_large_is_a_compile_error(judge: SandboxJudge) -> None:
    source = "char big[1 << 28] = {1}; int main(void) { return big[5]; }"

    compilation, _ = await judged(judge, job("c", source))

    assert (compilation.ok, compilation.fault) == (False, None)
    assert "larger than 32 MiB" in compilation.output
