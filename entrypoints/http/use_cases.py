"""What the HTTP interface needs to be given: use cases, and how it is run."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from application.ports.clock import Clock
from application.ports.rate_limiter import RateLimiter
from application.ports.telemetry import Figures, Telemetry
from application.use_cases.add_test_cases import AddTestCases
from application.use_cases.authenticate import Authenticate
from application.use_cases.check_health import CheckHealth
from application.use_cases.create_challenge import CreateChallenge
from application.use_cases.create_rejudge_set import CreateRejudgeSet
from application.use_cases.decide_rejudge_set import DecideRejudgeSet
from application.use_cases.delete_test_case import DeleteTestCase
from application.use_cases.drop_dead_letter import DropDeadLetter
from application.use_cases.get_analytics import GetAnalytics
from application.use_cases.get_challenge import GetChallenge
from application.use_cases.get_leaderboard import GetLeaderboard
from application.use_cases.get_open_challenge import GetOpenChallenge
from application.use_cases.get_queue import GetQueue
from application.use_cases.get_rejudge_set import GetRejudgeSet
from application.use_cases.get_submission import GetSubmission
from application.use_cases.get_wait import GetWait
from application.use_cases.hear_callback import HearCallback
from application.use_cases.list_challenges import ListChallenges
from application.use_cases.list_dead_letters import ListDeadLetters
from application.use_cases.list_languages import ListLanguages
from application.use_cases.list_open_challenges import ListOpenChallenges
from application.use_cases.list_rejudge_items import ListRejudgeItems
from application.use_cases.list_rejudge_sets import ListRejudgeSets
from application.use_cases.list_submissions import ListSubmissions
from application.use_cases.list_test_cases import ListTestCases
from application.use_cases.list_users import ListUsers
from application.use_cases.list_workers import ListWorkers
from application.use_cases.log_in import LogIn
from application.use_cases.log_out import LogOut
from application.use_cases.measure_queue import MeasureQueue
from application.use_cases.read_test_data import ReadTestData
from application.use_cases.refresh_session import RefreshSession
from application.use_cases.register_user import RegisterUser
from application.use_cases.rejudge_submission import RejudgeSubmission
from application.use_cases.replace_challenge import ReplaceChallenge
from application.use_cases.resend_dead_letter import ResendDeadLetter
from application.use_cases.run_code import RunCode
from application.use_cases.submit_code import SubmitCode
from application.use_cases.update_user import UpdateUser
from application.use_cases.watch_submission import WatchSubmission
from entrypoints.http.clients import is_loopback_name


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """One field a use case, named as its file; and the ports that the edge itself needs."""

    add_test_cases: AddTestCases
    authenticate: Authenticate
    check_health: CheckHealth
    create_challenge: CreateChallenge
    create_rejudge_set: CreateRejudgeSet
    decide_rejudge_set: DecideRejudgeSet
    delete_test_case: DeleteTestCase
    drop_dead_letter: DropDeadLetter
    get_analytics: GetAnalytics
    get_challenge: GetChallenge
    get_leaderboard: GetLeaderboard
    get_open_challenge: GetOpenChallenge
    get_queue: GetQueue
    get_rejudge_set: GetRejudgeSet
    get_submission: GetSubmission
    get_wait: GetWait
    hear_callback: HearCallback
    list_challenges: ListChallenges
    list_dead_letters: ListDeadLetters
    list_languages: ListLanguages
    list_open_challenges: ListOpenChallenges
    list_rejudge_items: ListRejudgeItems
    list_rejudge_sets: ListRejudgeSets
    list_submissions: ListSubmissions
    list_test_cases: ListTestCases
    list_users: ListUsers
    list_workers: ListWorkers
    log_in: LogIn
    log_out: LogOut
    measure_queue: MeasureQueue
    read_test_data: ReadTestData
    refresh_session: RefreshSession
    register_user: RegisterUser
    rejudge_submission: RejudgeSubmission
    replace_challenge: ReplaceChallenge
    resend_dead_letter: ResendDeadLetter
    run_code: RunCode
    submit_code: SubmitCode
    update_user: UpdateUser
    watch_submission: WatchSubmission
    clock: Clock
    figures: Figures
    rate_limiter: RateLimiter
    telemetry: Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How the HTTP interface is run."""

    cursor_key: bytes = field(repr=False)
    """Signs cursors."""
    rate_limits: bool = True
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose `X-Forwarded-For` is believed."""
    metrics_token: str | None = field(default=None, repr=False)
    """Opens `/metrics` to others than this machine."""
    public_url: str | None = None
    """Where browsers reach the server; its origin may use the refresh cookie."""
    loopback: bool = True
    """Whether the server listens on this machine only."""
    version: str = "0.1.0"
    stream_lifetime_s: float = 600
    """How long an event stream lasts at most; clients come again."""
    ping_s: float = 15
    """How long an event stream is silent at most."""
    body_deadline_s: float = 60
    """How long a client may take to send a body."""
    upload_deadline_s: float = 300
    """The same, where tests are uploaded."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine's own people come: no proxy tells the world of the server.

        Then cookies need no HTTPS, and requests from this machine are its operator's.
        """
        public = urlsplit(self.public_url or "").hostname
        return self.loopback and (public is None or is_loopback_name(public))
