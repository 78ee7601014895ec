"""Facts that stand in the way, named for what is the case and carrying the facts.

Five families, which an entrypoint maps to its own words in one table: `NotFound`, `Conflict`,
`Forbidden`, `Invalid` and `TooLarge`.
"""

from domain.ids import ChallengeId, LanguageId, RejudgeSetId, SubmissionId, TestCaseId, UserId


class DomainError(Exception):
    """The root of every expected refusal; its text may be shown to whoever asked."""


class NotFound(DomainError):
    """What was asked for is not there, or not for whoever asks."""


class Conflict(DomainError):
    """The request is fine, but the state of things stands against it."""


class Forbidden(DomainError):
    """Whoever asks may not do this."""


class TooLarge(DomainError):
    """What was handed in is larger than allowed."""


class Invalid(DomainError):
    """What was handed in does not fit; `pointer` is a JSON Pointer to where."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer} {detail}".strip())
        self.pointer = pointer
        self.detail = detail


# --- not found ---------------------------------------------------------------------------------


class ChallengeNotFound(NotFound):
    def __init__(self, challenge_id: ChallengeId | str) -> None:
        super().__init__("There is no such challenge.")
        self.challenge_id = challenge_id


class TestCaseNotFound(NotFound):
    def __init__(self, test_case_id: TestCaseId) -> None:
        super().__init__("There is no such test case.")
        self.test_case_id = test_case_id


class SubmissionNotFound(NotFound):
    def __init__(self, submission_id: SubmissionId) -> None:
        super().__init__("There is no such submission.")
        self.submission_id = submission_id


class RejudgeSetNotFound(NotFound):
    def __init__(self, set_id: RejudgeSetId | str) -> None:
        super().__init__("There is no such rejudge set.")
        self.set_id = set_id


class DeadLetterNotFound(NotFound):
    def __init__(self, letter_id: str) -> None:
        super().__init__("There is no such dead letter.")
        self.letter_id = letter_id


class UserNotFound(NotFound):
    def __init__(self, user_id: UserId) -> None:
        super().__init__("There is no such user.")
        self.user_id = user_id


# --- conflict ----------------------------------------------------------------------------------


class EmailTaken(Conflict):
    def __init__(self) -> None:
        super().__init__("An account with this e-mail address exists already.")


class SlugTaken(Conflict):
    def __init__(self, slug: str) -> None:
        super().__init__(f"A challenge with the slug {slug!r} exists already.")
        self.slug = slug


class NoTests(Conflict):
    def __init__(self, challenge_id: ChallengeId) -> None:
        super().__init__("This challenge has no tests yet, so nothing can be judged on it.")
        self.challenge_id = challenge_id


class NoSamples(Conflict):
    def __init__(self, challenge_id: ChallengeId) -> None:
        super().__init__("This challenge has no samples: give the input to run on as stdin.")
        self.challenge_id = challenge_id


class LastAdmin(Conflict):
    def __init__(self) -> None:
        super().__init__("The last enabled admin cannot be demoted or disabled.")


class StillQueued(Conflict):
    def __init__(self, submission_id: SubmissionId) -> None:
        super().__init__("This submission is still being judged; rejudge it when it is done.")
        self.submission_id = submission_id


class JudgementPending(Conflict):
    def __init__(self, submission_id: SubmissionId) -> None:
        super().__init__("Another judgement of this submission is on its way.")
        self.submission_id = submission_id


class WrongSetState(Conflict):
    """`state` is the one that the rejudge set is in."""

    def __init__(self, *, state: str, allowed: str) -> None:
        super().__init__(f"The rejudge set is {state}; this can be done while it is {allowed}.")
        self.state = state


class StaleRevision(Conflict):
    """Someone else changed it meanwhile; `current` is the revision it has now."""

    def __init__(self, *, current: int) -> None:
        super().__init__(f"It was changed meanwhile: its revision is now {current}.")
        self.current = current


# --- forbidden ---------------------------------------------------------------------------------


class CredentialsRefused(Forbidden):
    """Wrong e-mail, wrong password, a disabled account, or a refresh token that does not count.

    Which of them is never said: the answer would tell who has an account here.
    """

    def __init__(self) -> None:
        super().__init__("The credentials are not accepted.")


class NotSignedIn(Forbidden):
    """The access token is missing, forged, expired or revoked."""

    def __init__(self) -> None:
        super().__init__("A valid access token is needed.")


class NotAllowed(Forbidden):
    def __init__(self) -> None:
        super().__init__("This is for admins only.")


# --- invalid -----------------------------------------------------------------------------------


class InvalidProgram(Invalid):
    pass


class InvalidUser(Invalid):
    pass


class InvalidChallenge(Invalid):
    pass


class InvalidTestCase(Invalid):
    pass


class LanguageNotOffered(Invalid):
    def __init__(self, language: LanguageId) -> None:
        super().__init__("/language", "is not offered here")
        self.language = language


class IdempotencyKeyReused(Invalid):
    """The same key came with another body."""

    def __init__(self) -> None:
        super().__init__("", "this Idempotency-Key was used with another body")


# --- too large ---------------------------------------------------------------------------------


class SourceTooLarge(TooLarge):
    def __init__(self, *, size_bytes: int, max_bytes: int) -> None:
        super().__init__(f"The sources are {size_bytes} bytes; at most {max_bytes} are taken.")
        self.size_bytes = size_bytes
        self.max_bytes = max_bytes
