"""The attacks: programs beside this file, each with the verdict that it has to get.

A program that finds its attack refused prints `held`, which is the right answer; one that gets
somewhere prints `ESCAPED` and what it got. Each is run as several tests of one submission, with
the test's number as input, so that what it leaves would be there for the next.

`python -m tests.hostile.attacks NAME...` judges some of them with a sandbox of its own.
"""

import asyncio
import json
import sys
import tempfile
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.sandbox.judge import SandboxJudge
from application.ports.judge import JudgeInput, JudgeJob, JudgePort
from domain.checking import Checker, CheckerKind, compare
from domain.ids import LanguageId
from domain.judgement import Judgement, Verdict
from domain.judging import TestScoring, judged_test, judgement_of
from domain.limits import Limits
from domain.program import single_file
from domain.run import Compilation, Run
from domain.scoring import Scoring

PROGRAMS = Path(__file__).parent / "programs"
LANGUAGES = {".c": "c", ".cpp": "cpp", ".py": "python3", ".sh": "bash", ".java": "java"} | {
    ".js": "javascript"
}
MANAGED = {"java", "javascript"}
"""What begins with so much time and memory that the limits have to be larger."""

HELD = Verdict.ACCEPTED
CRASH = Verdict.RUNTIME_ERROR
TIME = Verdict.TIME_LIMIT_EXCEEDED
MEMORY = Verdict.MEMORY_LIMIT_EXCEEDED
OUTPUT = Verdict.OUTPUT_LIMIT_EXCEEDED
REFUSED = Verdict.COMPILE_ERROR

TABLE: dict[str, dict[str, Verdict]] = {
    "processes": {
        "adopt.c": HELD,
        "background.sh": HELD,
        "children_bomb.js": TIME,
        "clone_bomb.c": TIME,
        "crash_with_core.c": CRASH,
        "daemon.c": HELD,
        "fork_bomb.c": TIME,
        "functions_bomb.sh": TIME,
        "give_away_children.c": HELD,
        "Handles.java": HELD,
        "kill_by_number.py": HELD,
        "kill_parent.js": HELD,
        "orphans_bomb.c": TIME,
        "sessions_bomb.py": TIME,
        "signal_everybody.c": HELD,
        "stop_itself.c": TIME,
        "ThreadsBomb.java": TIME,
        "trace_init.c": HELD,
        "vfork_bomb.c": TIME,
        "zombies.c": HELD,
    },
    "memory": {
        "buffers.js": MEMORY,
        "children.py": MEMORY,
        "heap.c": MEMORY,
        "Heap.java": MEMORY,
        "kernel_objects.c": HELD,
        "lists.py": MEMORY,
        "locked.c": HELD,
        "mappings.c": MEMORY,
        "objects.js": MEMORY,
        "Outside.java": MEMORY,
        "page_cache.sh": HELD,
        "pipes.c": MEMORY,
        "shared.c": MEMORY,
        "sockets.c": MEMORY,
        "stack.c": CRASH,
        "tmpfs.py": MEMORY,
        "unnamed_files.py": MEMORY,
        "words.sh": MEMORY,
    },
    "disk": {
        "deep_folders.py": HELD,
        "everywhere.sh": MEMORY,
        "host_names.sh": HELD,
        "huge_files.c": CRASH,
        "inodes.py": MEMORY,
    },
    "descriptors": {
        "exhaust.c": HELD,
        "in_flight.c": HELD,
        "input.c": HELD,
        "input.sh": HELD,
        "outputs.py": HELD,
        "report.py": HELD,
        "report_by_exit.sh": HELD,
    },
    "output": {
        "after_the_end.py": HELD,
        "flood.c": OUTPUT,
        "Flood.java": OUTPUT,
        "flood.js": OUTPUT,
        "flood_both.sh": OUTPUT,
        "flood_errors.py": HELD,
        "splice.c": OUTPUT,
    },
    "compiling": {
        "binary.c": REFUSED,
        "binary.sh": REFUSED,
        "brackets.py": REFUSED,
        "Constants.java": REFUSED,
        "embed_secrets.c": REFUSED,
        "errors.cpp": REFUSED,
        "folded.py": HELD,
        "hashbang.js": HELD,
        "include_input.c": REFUSED,
        "include_itself.c": REFUSED,
        "include_device.cpp": REFUSED,
        "include_secrets.c": REFUSED,
        "include_zero.c": REFUSED,
        "large.c": REFUSED,
        "linked_into_host.c": HELD,
        "macros.c": REFUSED,
        "script.c": REFUSED,
        "script.py": HELD,
        "space.c": REFUSED,
        "syntax.js": REFUSED,
        "syntax.sh": REFUSED,
        "templates.cpp": REFUSED,
        "Unicode.java": REFUSED,
    },
    "starting": {
        "from_memory.py": HELD,
        "huge_command.c": HELD,
        "itself.c": TIME,
        "loader.sh": HELD,
        "Processes.java": HELD,
    },
    "secrets": {
        "environment.js": HELD,
        "environment.sh": HELD,
        "Files.java": HELD,
        "files.py": HELD,
        "kernel_memory.sh": HELD,
        "own_settings.py": HELD,
        "proc_write.c": HELD,
        "processes.c": HELD,
        "reload.py": HELD,
    },
    "leftovers": {
        "abstract_socket.c": HELD,
        "counters.sh": HELD,
        "Deleted.java": HELD,
        "detached.js": HELD,
        "devices.sh": HELD,
        "file_socket.py": HELD,
        "files.py": HELD,
        "ipc.c": HELD,
        "keys.c": HELD,
        "locks.c": HELD,
        "loopback.py": HELD,
        "mounts.py": HELD,
        "socket_cycle.c": HELD,
        "times_of_files.sh": HELD,
    },
    "network": {
        "families.c": HELD,
        "fetch.js": HELD,
        "host_sockets.py": HELD,
        "Metadata.java": HELD,
        "metadata.sh": HELD,
        "names.py": HELD,
    },
    "kernel": {
        "become_root.py": HELD,
        "calls.c": HELD,
        "devices.c": HELD,
        "filters.py": HELD,
        "io_uring.c": HELD,
        "limits.c": HELD,
        "namespaces.c": HELD,
        "other_tables.c": HELD,
        "settings.sh": HELD,
        "setuid.sh": HELD,
    },
    "timing": {
        "between_ticks.c": TIME,
        "children_only.sh": TIME,
        "deadlock.c": TIME,
        "hidden_children.py": TIME,
        "sleep.py": TIME,
        "spin.c": TIME,
        "Spin.java": TIME,
        "threads.c": TIME,
        "workers.js": TIME,
    },
}
ONCE = {
    *("processes/stop_itself.c", "starting/Processes.java"),
    *("timing/deadlock.c", "timing/sleep.py"),
}
"""They take long, most until the end of their wall time: one test of each has to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    name: str
    verdict: Verdict

    @property
    def language(self) -> str:
        return LANGUAGES[Path(self.name).suffix]

    @property
    def source(self) -> str:
        return (PROGRAMS / self.name).read_text("utf-8")

    @property
    def tests(self) -> int:
        return 1 if self.name in ONCE else 2

    @property
    def limits(self) -> Limits:
        managed = self.language in MANAGED
        memory_kib = 262_144 if managed else 65_536
        soon_ms = 1_000 if managed else 100
        time_ms = soon_ms if self.verdict is TIME else 10_000
        return Limits(time_ms=time_ms, memory_kib=memory_kib, output_kib=64)


ATTACKS = tuple(
    Attack(name=f"{area}/{name}", verdict=verdict)
    for area, programs in TABLE.items()
    for name, verdict in programs.items()
)


async def judgement_on(judge: JudgePort, attack: Attack) -> Judgement:
    """What a submission of it gets, as a worker would find."""
    job = JudgeJob(
        language=LanguageId(attack.language),
        program=single_file(attack.source),
        limits=attack.limits,
        inputs=tuple(_input(number) for number in range(1, attack.tests + 1)),
    )
    async with aclosing(judge.judge(job)) as said:
        seen = [one async for one in said]
    checker = Checker(kind=CheckerKind.EXACT)
    runs = [one for one in seen if isinstance(one, Run)]
    return judgement_of(
        number=1,
        challenge_version=1,
        limits=attack.limits,
        scoring=Scoring(),
        scorings=[TestScoring(weight=1)] * attack.tests,
        compilation=next(one for one in seen if isinstance(one, Compilation)),
        tests=[
            judged_test(run, compare(checker, b"held\n", run.stdout) if run.ended_well else None)
            for run in runs
        ],
        judged_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _input(number: int) -> JudgeInput:
    async def load() -> bytes:
        return f"{number}\n".encode()

    return JudgeInput(ordinal=number, load=load)


async def _main(names: list[str]) -> None:
    chosen = [attack for attack in ATTACKS if not names or attack.name in names]
    languages = {attack.language for attack in chosen}
    with tempfile.TemporaryDirectory(prefix="assay-hostile-") as home:
        judge = SandboxJudge(Path(home), slots=1, allow_weak=True, only=languages)
        try:
            for attack in chosen:
                judgement = await judgement_on(judge, attack)
                said = [(str(t.verdict), t.output, t.stderr) for t in judgement.tests]
                line = (attack.name, judgement.verdict, said, judgement.compile_output)
                print(json.dumps(line), flush=True)  # noqa: T201 - its answer
        finally:
            await judge.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1:]))
