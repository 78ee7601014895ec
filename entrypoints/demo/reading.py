"""The demo challenges as they lie in their folders."""

import tomllib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from application.use_cases.add_test_cases import NewData, NewTestCase
from domain.challenge import Difficulty, JudgingRules, Presentation, Visibility
from domain.ids import LanguageId
from domain.judgement import Verdict

_FOLDERS = {"sample": Visibility.PUBLIC, "secret": Visibility.HIDDEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSolution:
    """A program and the verdict that it deserves."""

    name: str
    language: LanguageId
    source: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoChallenge:
    """One folder, read."""

    slug: str
    presentation: Presentation
    rules: JudgingRules
    tests: tuple[NewTestCase, ...]
    solutions: tuple[DemoSolution, ...]


class _AboutTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    weight: int | None = None
    group: str | None = None
    explanation: str = ""


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `challenge.toml` may say."""

    title: str
    difficulty: Difficulty
    tags: tuple[str, ...] = ()
    rules: JudgingRules = JudgingRules()
    tests: dict[str, _AboutTest] = {}


def demo_challenges() -> Sequence[DemoChallenge]:
    """All demo challenges, the easiest first."""
    folders = (files("entrypoints.demo") / "challenges").iterdir()
    return sorted((_challenge(folder) for folder in folders if folder.is_dir()), key=_order)


def _order(challenge: DemoChallenge) -> tuple[int, str]:
    return list(Difficulty).index(challenge.presentation.difficulty), challenge.slug


def _challenge(folder: Traversable) -> DemoChallenge:
    toml = tomllib.loads((folder / "challenge.toml").read_text("utf-8"))
    manifest = msgspec.convert(toml, _Manifest)
    return DemoChallenge(
        slug=folder.name,
        presentation=Presentation(
            title=manifest.title,
            statement=(folder / "statement.md").read_text("utf-8"),
            difficulty=manifest.difficulty,
            tags=manifest.tags,
            starter_code={
                _language_of(file): file.read_text("utf-8") for file in _by_name(folder / "starter")
            },
        ),
        rules=manifest.rules,
        tests=tuple(_tests(folder / "tests", manifest.tests)),
        solutions=tuple(_solution(file) for file in _by_name(folder / "solutions")),
    )


def _tests(folder: Traversable, about: dict[str, _AboutTest]) -> list[NewTestCase]:
    tests = [
        _test(folder / kind, name, about.get(name, _AboutTest()), visibility)
        for kind, visibility in _FOLDERS.items()
        for name in _names(folder / kind)
    ]
    if unknown := about.keys() - {test.name for test in tests}:
        raise ValueError(f"{folder} has no tests {sorted(unknown)}")
    return tests


def _names(folder: Traversable) -> list[str]:
    inputs = [file.name for file in _by_name(folder) if file.name.endswith(".in")]
    return [name.removesuffix(".in") for name in inputs]


def _test(folder: Traversable, name: str, about: _AboutTest, visibility: Visibility) -> NewTestCase:
    return NewTestCase(
        name=name,
        visibility=visibility,
        input=_data(folder / f"{name}.in"),
        expected_output=_data(folder / f"{name}.ans"),
        weight=about.weight,
        group=about.group,
        explanation=about.explanation,
    )


def _data(file: Traversable) -> NewData:
    content = file.read_bytes()
    return NewData(size_bytes=len(content), pieces=_pieces_of(content))


def _pieces_of(content: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return pieces


def _solution(file: Traversable) -> DemoSolution:
    verdict = file.name.partition(".")[0].partition("-")[0]
    return DemoSolution(
        name=file.name,
        language=_language_of(file),
        source=file.read_text("utf-8"),
        verdict=Verdict(verdict),
    )


def _language_of(file: Traversable) -> LanguageId:
    return LanguageId(file.name.rpartition(".")[2])


def _by_name(folder: Traversable) -> list[Traversable]:
    return sorted(folder.iterdir(), key=lambda file: file.name)
