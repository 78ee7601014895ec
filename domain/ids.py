"""Identifiers: opaque strings, each with a type of its own so that they cannot be mixed up."""

from typing import NewType

UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)
"""One sign-in of one user (`sid` in its tokens)."""
ChallengeId = NewType("ChallengeId", str)
TestCaseId = NewType("TestCaseId", str)
SubmissionId = NewType("SubmissionId", str)
LanguageId = NewType("LanguageId", str)
"""`c`, `cpp`, `python3`, ...: the names of `docs/api.md`."""
RejudgeSetId = NewType("RejudgeSetId", str)
BlobKey = NewType("BlobKey", str)
"""Lower-case hexadecimal SHA-256 of the bytes it names."""
