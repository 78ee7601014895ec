"""What a practice run is run on."""

from collections.abc import Sequence

from domain.challenge import TestCase, Visibility


def tests_of_run(stdin: str | None, tests: Sequence[TestCase]) -> Sequence[TestCase]:
    """The samples, or nothing of the challenge's where the run has input of its own."""
    if stdin is not None:
        return ()
    return [test for test in tests if test.visibility is Visibility.PUBLIC]
