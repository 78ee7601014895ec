"""Every attack of the table gets its verdict, leaves the machine as it was, and hurts no other."""

import os
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sandbox.judge import SandboxJudge
from domain.judgement import Verdict
from domain.stored_output import MAX_STORED_OUTPUT_BYTES
from tests.adapters.sandbox.judging import needs
from tests.hostile import host
from tests.hostile.attacks import ATTACKS, LANGUAGES, PROGRAMS, Attack, judgement_on

SECRET = "MARKER-of-the-server"  # noqa: S105 - looked for, in vain


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a server has: variables, a file that all may read, descriptors that children inherit."""
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("MYSQL_URI", f"mysql://user:{SECRET}@host/db")
    with tempfile.NamedTemporaryFile() as file, socket.socket(socket.AF_UNIX) as connection:
        file.write(SECRET.encode())
        file.flush()
        Path(file.name).chmod(0o644)
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 - its only parameter
        os.set_inheritable(connection.fileno(), True)  # noqa: FBT003
        yield


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_an_attack_comes_to_nothing(judge: SandboxJudge, attack: Attack) -> None:
    needs(attack.language, tuple(one.id for one in await judge.languages()))
    before = host.look()
    grown_from = host.memory_kib()

    judgement = await judgement_on(judge, attack)

    said = [(test.verdict, test.output, test.stderr, test.fault) for test in judgement.tests]
    assert (judgement.verdict, judgement.fault) == (attack.verdict, None), (
        said,
        judgement.compile_output,
    )
    ran = {test.verdict for test in judgement.tests if test.verdict is not Verdict.SKIPPED}
    assert ran == ({attack.verdict} - {Verdict.COMPILE_ERROR}), said
    assert len((judgement.compile_output or "").encode()) <= MAX_STORED_OUTPUT_BYTES
    assert SECRET not in f"{said}{judgement.compile_output}"
    assert host.look() == before
    assert host.memory_kib() - grown_from <= host.MOST_GROWTH_KIB


def test_the_table_names_every_program() -> None:
    found = {str(path.relative_to(PROGRAMS)) for path in PROGRAMS.glob("*/*")}

    assert {attack.name for attack in ATTACKS} == found


def test_there_are_attacks_in_each_language() -> None:
    count = Counter(attack.language for attack in ATTACKS)

    assert set(count) == set(LANGUAGES.values())
    assert len(ATTACKS) >= 60
