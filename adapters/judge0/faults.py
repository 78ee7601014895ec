"""What stands in the way of a job at this Judge0, in words without any secret."""

from application.planning import NotJudgeable
from application.ports.judge import JudgeUnavailable


class JobNotTaken(JudgeUnavailable, NotJudgeable):
    """This Judge0 can never run the job as it stands, however often it is tried.

    To the port it is a judge that cannot work; to whoever knows the difference, it ends the
    judgement at once.
    """


class NotThere(JudgeUnavailable):
    """Judge0 does not know what it was asked for."""
