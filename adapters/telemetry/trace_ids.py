"""A submission's trace: whose ids follow from its own, and whether it is one of those kept."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from domain.ids import SubmissionId


def trace_id_of(submission_id: SubmissionId) -> int:
    """The id's own 128 bits (of one that is no UUID: bits that follow from it)."""
    try:
        return UUID(submission_id).int
    except ValueError:
        return int.from_bytes(_digest(submission_id, 16)) | 1


def first_span_id_of(submission_id: SubmissionId) -> int:
    """The id of the trace's first span, which all others descend from."""
    return int.from_bytes(_digest(submission_id, 8)) | 1


def _digest(submission_id: SubmissionId, size: int) -> bytes:
    return blake2b(submission_id.encode("utf-8", "replace"), digest_size=size).digest()


class TraceIds(RandomIdGenerator):
    """Random ids, but those of a submission's first span while `first_of` holds."""

    def __init__(self) -> None:
        self._here = threading.local()

    @contextmanager
    def first_of(self, submission_id: SubmissionId) -> Iterator[None]:
        """The span that is started in this block, and never waits, begins that trace."""
        self._here.first_of = submission_id
        try:
            yield
        finally:
            self._here.first_of = None

    def generate_trace_id(self) -> int:
        submission_id = getattr(self._here, "first_of", None)
        return super().generate_trace_id() if submission_id is None else trace_id_of(submission_id)

    def generate_span_id(self) -> int:
        submission_id = getattr(self._here, "first_of", None)
        if submission_id is None:
            return super().generate_span_id()
        return first_span_id_of(submission_id)


class EvenSampler(Sampler):
    """A sampler that reads a share of all traces off the lower 64 bits, and gets even ones.

    Those of a UUIDv7 begin with its variant, two bits that are always the same: a share of a tenth
    would keep none of the submissions, and of three quarters all. What follows grows within a
    millisecond, by steps too small for the upper bits.
    """

    def __init__(self, inner: Sampler) -> None:
        self._inner = inner

    # PLR0913, PLR0917: the library's own signature.
    def should_sample(  # noqa: PLR0913, PLR0917
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        even = int.from_bytes(blake2b(trace_id.to_bytes(16), digest_size=8).digest())
        return self._inner.should_sample(
            parent_context, even, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        return f"EvenSampler{{{self._inner.get_description()}}}"
