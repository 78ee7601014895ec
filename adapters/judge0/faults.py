"""What stands in the way of a job at this Judge0, in words without any secret."""

from application.ports.judge import JudgeUnavailable


class NotThere(JudgeUnavailable):
    """Judge0 does not know what it was asked for."""


class TooMuch(JudgeUnavailable):
    """An answer was larger than any that fits the question; it was not read to its end."""
