"""Checkers whose programs are a few plain words, as those of the memory judge's programs are."""

from dataclasses import dataclass, field, replace

from domain.checker_program import CheckerProgram
from domain.checker_report import (
    JUDGE_ERROR,
    JUDGE_MESSAGE,
    NEXT_PASS,
    SCORE,
    SCORE_MULTIPLIER,
    TEAM_MESSAGE,
    Answer,
    CheckerReport,
    report_of,
)

_ALONE = frozenset({"compare", "first", "overrun"})
_FILES = {
    "tell": TEAM_MESSAGE,
    "note": JUDGE_MESSAGE,
    "blame": JUDGE_ERROR,
    "score": SCORE,
    "multiply": SCORE_MULTIPLIER,
    "again": NEXT_PASS,
}
_ACCEPTS, _REJECTS = 42, 43


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of one pass; `next_input` is that of the next one, if one is to follow."""

    report: CheckerReport
    next_input: bytes | None = None


@dataclass(slots=True, kw_only=True)
class MemoryChecker:
    """Runs the lines of a checker's main file one after another.

    `compare` accepts an output that is the answer to the byte, and rejects any other; `exit N`
    ends with any exit code (without either it is 0). `tell TEXT`, `note TEXT` and `blame TEXT` are
    messages to the team, to the judges and of a failure; `complain TEXT` is standard error.
    `score TEXT` and `multiply TEXT` give marks, `again TEXT` asks for a pass with that input. An
    interactor that ends before the program says `first`, one that has to be ended `overrun`. `in N
    LINE` does the line in pass N alone. Any other line does not compile.
    """

    program: CheckerProgram
    files: dict[str, bytes] = field(default_factory=dict)
    passes: int = 0

    def compile_errors(self) -> str:
        """The lines that are not known; empty where it compiles."""
        lines = self.program.program.source.splitlines()
        return "\n".join(line for line in lines if not _is_known(line))

    def check(self, output: bytes, answer: bytes) -> Checked:
        """What it says in the next pass of one test."""
        self.passes += 1
        self.files.pop(NEXT_PASS, None)
        words = [self._words_now(line) for line in self.program.program.source.splitlines()]
        exit_code, stderr = 0, b""
        for word, _, text in words:
            if word == "compare":
                exit_code = _ACCEPTS if output == answer else _REJECTS
            elif word == "exit":
                exit_code = int(text)
            elif word == "complain":
                stderr += f"{text}\n".encode()
            elif word in _FILES:
                self.files[_FILES[word]] = text.encode()
        ended = Answer(exit_code=exit_code, stderr=stderr, files=self.files)
        report = report_of(self.program.protocol, ended)
        said = {word for word, _, _ in words}
        if "overrun" in said:
            report = replace(report, fault="the interactor did not end", overran=True)
        report = replace(report, ended_first="first" in said)
        return self._with_next(report)

    def _with_next(self, report: CheckerReport) -> Checked:
        next_input = self.files.get(NEXT_PASS) if report.fault is None else None
        if next_input is not None and self.passes >= self.program.validation_passes:
            return Checked(report=replace(report, fault="the checker asked for too many passes"))
        return Checked(report=report, next_input=next_input)

    def _words_now(self, line: str) -> tuple[str, str, str]:
        words = line.split(maxsplit=2)
        if words[:1] == ["in"]:
            line = words[2] if words[1] == str(self.passes) else ""
        return line.strip().partition(" ")


def _is_known(line: str) -> bool:
    match line.split(maxsplit=2):
        case ["in", number, rest]:
            return number.isdecimal() and _is_known(rest)
        case ["exit", number]:
            return number.isdecimal()
        case []:
            return True
        case [word]:
            return word in _ALONE
        case [word, *_]:
            return word in _FILES or word == "complain"
        case _:
            return False
