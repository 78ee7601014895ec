"""Several telemetries as one: each is told of everything."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType

from application.ports.submissions import Claim
from application.ports.telemetry import Judging, Request, Telemetry
from domain.judgement import JudgedTest, Judgement
from domain.submission import Submission


class SeveralTelemetries(Telemetry):
    """Tells each of `members`, in their order; their contexts end in the opposite one."""

    def __init__(self, *members: Telemetry) -> None:
        self._members = members

    def dependency(self, name: str, operation: str) -> AbstractContextManager[None]:
        return _Calls([member.dependency(name, operation) for member in self._members])

    @contextmanager
    def request(
        self, method: str, *, traceparent: str | None = None, probe: bool = False
    ) -> Iterator[Request]:
        with ExitStack() as stack:
            yield _Requests(
                [
                    stack.enter_context(m.request(method, traceparent=traceparent, probe=probe))
                    for m in self._members
                ]
            )

    @contextmanager
    def handing_in(self, submission: Submission) -> Iterator[None]:
        with ExitStack() as stack:
            for member in self._members:
                stack.enter_context(member.handing_in(submission))
            yield

    @contextmanager
    def judging(self, claim: Claim) -> Iterator[Judging]:
        with ExitStack() as stack:
            yield _Judgings([stack.enter_context(m.judging(claim)) for m in self._members])

    async def close(self) -> None:
        for member in self._members:
            await member.close()


class _Calls(AbstractContextManager[None]):
    """One call of a dependency; a class, as there are many of them."""

    __slots__ = ("_contexts",)

    def __init__(self, contexts: Sequence[AbstractContextManager[None]]) -> None:
        self._contexts = contexts

    def __enter__(self) -> None:
        for context in self._contexts:
            context.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for context in reversed(self._contexts):
            context.__exit__(kind, error, traceback)


class _Requests(Request):
    def __init__(self, members: Sequence[Request]) -> None:
        self._members = members

    def answered(self, *, route: str, status: int) -> None:
        for member in self._members:
            member.answered(route=route, status=status)


class _Judgings(Judging):
    def __init__(self, members: Sequence[Judging]) -> None:
        self._members = members

    def prepared(self) -> None:
        for member in self._members:
            member.prepared()

    def compiled(self) -> None:
        for member in self._members:
            member.compiled()

    def tested(self, test: JudgedTest) -> None:
        for member in self._members:
            member.tested(test)

    def handed_back(self, reason: str) -> None:
        for member in self._members:
            member.handed_back(reason)

    @contextmanager
    def settling(self, judgement: Judgement) -> Iterator[None]:
        with ExitStack() as stack:
            for member in self._members:
                stack.enter_context(member.settling(judgement))
            yield
