"""Telemetry that is remembered, so that a test can say what an operator would have seen."""

from collections.abc import Iterator
from contextlib import contextmanager

from application.ports.submissions import Claim
from application.ports.telemetry import Judging, Request, Telemetry, failure_kind
from domain.judgement import JudgedTest, Judgement
from domain.submission import Submission


class MemoryTelemetry(Telemetry):
    """Each happening is a line of plain words in `told`, in the order in which they ended."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def dependency(self, name: str, operation: str) -> Iterator[None]:
        with self._noted(f"{name} {operation}"):
            yield

    @contextmanager
    def request(
        self, method: str, *, traceparent: str | None = None, probe: bool = False
    ) -> Iterator[Request]:
        request = _Request()
        with self._noted("request"):
            yield request
        self.told.append(f"{method} {request.route} {request.status}")

    @contextmanager
    def handing_in(self, submission: Submission) -> Iterator[None]:
        with self._noted(f"handing in {submission.id}"):
            yield

    @contextmanager
    def judging(self, claim: Claim) -> Iterator[Judging]:
        what = f"judging {claim.submission.id} as {claim.number}.{claim.attempt}"
        with self._noted(what):
            yield _Judging(self)

    async def close(self) -> None:
        return

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.told.append(f"{what}: {failure_kind(error) or type(error).__name__}")
            raise
        self.told.append(what)


class _Request(Request):
    def __init__(self) -> None:
        self.route, self.status = "(none)", 500

    def answered(self, *, route: str, status: int) -> None:
        self.route, self.status = route, status


class _Judging(Judging):
    def __init__(self, telemetry: MemoryTelemetry) -> None:
        self._told = telemetry.told

    def prepared(self) -> None:
        self._told.append("prepared")

    def compiled(self) -> None:
        self._told.append("compiled")

    def tested(self, test: JudgedTest) -> None:
        self._told.append(f"test {test.ordinal}: {test.verdict}")

    def handed_back(self, reason: str) -> None:
        self._told.append(f"handed back: {reason}")

    @contextmanager
    def settling(self, judgement: Judgement) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._told.append(f"not settled: {type(error).__name__}")
            raise
        self._told.append(f"settled: {judgement.verdict}")
