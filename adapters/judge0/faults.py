"""What stands in the way of a job at this Judge0, in words without any secret."""

from application.ports.judge import JudgeUnavailable


class NotThere(JudgeUnavailable):
    """Judge0 does not know what it was asked for."""
