"""The one place where ports meet adapters."""

import shutil
import tempfile
from pathlib import Path

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Object, Selector, Singleton

from adapters.filesystem.blob_cache import CachedBlobStore
from adapters.filesystem.blob_store import FolderBlobStore
from adapters.http.callback_sender import HttpCallbackSender
from adapters.in_process.dead_letters import InProcessDeadLetters
from adapters.in_process.progress import InProcessProgressStream
from adapters.in_process.rate_limiter import InProcessRateLimiter
from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.blob_store import MemoryBlobStore
from adapters.memory.storage import MemoryStorage
from adapters.memory.submissions import MemorySubmissionRepository
from adapters.memory.ticket_store import MemoryTicketStore
from adapters.memory.totals import MemoryTotals
from adapters.sandbox.judge import SandboxJudge
from adapters.security.keys import derive_keys
from adapters.security.passwords import Argon2PasswordHasher
from adapters.security.tokens import JwtTokens
from adapters.sql.sqlite import SqliteEngine
from adapters.sql.storage import SqlStorage
from adapters.sql.submissions import SqlSubmissionRepository
from adapters.sql.totals import SqlTotals
from adapters.sqlite.ticket_store import SqliteTicketStore
from adapters.system.clock import SystemClock
from adapters.system.ids import SystemIds
from adapters.telemetry.prometheus import PrometheusTelemetry
from application.announced import AnnouncedLanguages
from application.trials import TrialsByWorkers
from application.use_cases.add_test_cases import AddTestCases
from application.use_cases.advance_rejudges import AdvanceRejudges
from application.use_cases.announce_worker import AnnounceWorker
from application.use_cases.authenticate import Authenticate
from application.use_cases.call_back import CallBack
from application.use_cases.check_health import CheckHealth
from application.use_cases.collect_blobs import CollectBlobs
from application.use_cases.count_tickets import CountTickets
from application.use_cases.create_admin import CreateAdmin
from application.use_cases.create_challenge import CreateChallenge
from application.use_cases.create_rejudge_set import CreateRejudgeSet
from application.use_cases.decide_rejudge_set import DecideRejudgeSet
from application.use_cases.delete_test_case import DeleteTestCase
from application.use_cases.drop_dead_letter import DropDeadLetter
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.forget_tickets import ForgetTickets
from application.use_cases.get_analytics import GetAnalytics
from application.use_cases.get_challenge import GetChallenge
from application.use_cases.get_leaderboard import GetLeaderboard
from application.use_cases.get_open_challenge import GetOpenChallenge
from application.use_cases.get_queue import GetQueue
from application.use_cases.get_rejudge_set import GetRejudgeSet
from application.use_cases.get_submission import GetSubmission
from application.use_cases.get_wait import GetWait
from application.use_cases.hear_callback import HearCallback
from application.use_cases.judge_submission import JudgeSubmission
from application.use_cases.judge_ticket import JudgeTicket
from application.use_cases.list_challenges import ListChallenges
from application.use_cases.list_dead_letters import ListDeadLetters
from application.use_cases.list_languages import ListLanguages
from application.use_cases.list_open_challenges import ListOpenChallenges
from application.use_cases.list_owed_calls import ListOwedCalls
from application.use_cases.list_rejudge_items import ListRejudgeItems
from application.use_cases.list_rejudge_sets import ListRejudgeSets
from application.use_cases.list_submissions import ListSubmissions
from application.use_cases.list_test_cases import ListTestCases
from application.use_cases.list_tickets import ListTickets
from application.use_cases.list_users import ListUsers
from application.use_cases.list_workers import ListWorkers
from application.use_cases.log_in import LogIn
from application.use_cases.log_out import LogOut
from application.use_cases.measure_backlog import MeasureBacklog
from application.use_cases.measure_queue import MeasureQueue
from application.use_cases.put_back_tickets import PutBackTickets
from application.use_cases.read_test_data import ReadTestData
from application.use_cases.read_tickets import ReadTickets
from application.use_cases.rebuild_totals import RebuildTotals
from application.use_cases.recover_work import RecoverWork
from application.use_cases.refresh_session import RefreshSession
from application.use_cases.register_user import RegisterUser
from application.use_cases.rejudge_submission import RejudgeSubmission
from application.use_cases.remove_ticket import RemoveTicket
from application.use_cases.replace_challenge import ReplaceChallenge
from application.use_cases.resend_dead_letter import ResendDeadLetter
from application.use_cases.run_code import RunCode
from application.use_cases.settle_outcomes import SettleOutcomes
from application.use_cases.submit_code import SubmitCode
from application.use_cases.take_tickets import TakeTickets
from application.use_cases.update_user import UpdateUser
from application.use_cases.wake_workers import WakeWorkers
from application.use_cases.watch_submission import WatchSubmission
from application.use_cases.withdraw_worker import WithdrawWorker
from config import choices, production
from config.settings import Settings
from config.telemetry import telemetry_of


def _home(home: Path | None) -> Path:
    """The home folder, or, where nothing is kept, one that goes when the container is closed."""
    return home or Path(tempfile.mkdtemp(prefix="assay-"))


def _below(home: Path, name: str) -> Path:
    return home / name


class Container(DeclarativeContainer):
    """Every port's adapter, every use case; each built once, when it is first asked for."""

    settings = Dependency(instance_of=Settings)

    home = Singleton(_home, settings.provided.home)
    services = settings.provided.services
    keys = Singleton(derive_keys, settings.provided.secret_key)

    clock = Singleton(SystemClock)
    ids = Singleton(SystemIds)
    figures = Singleton(PrometheusTelemetry)
    telemetry = Singleton(telemetry_of, figures, services.otlp_endpoint)
    passwords = Singleton(Argon2PasswordHasher)
    tokens = Singleton(JwtTokens, keys=keys, clock=clock)
    sqlite = Singleton(SqliteEngine, Singleton(_below, home, "assay.db"), telemetry=telemetry)
    mysql = Singleton(production.mysql_engine, services.mysql_uri, telemetry)
    storage = Selector(
        Singleton(choices.storage, settings),
        memory=Singleton(MemoryStorage),
        sqlite=Singleton(SqlStorage, sqlite),
        mysql=Singleton(SqlStorage, mysql),
    )
    submissions = Selector(
        Singleton(choices.submissions, settings),
        memory=Singleton(MemorySubmissionRepository),
        sqlite=Singleton(SqlSubmissionRepository, sqlite),
        mysql=Singleton(SqlSubmissionRepository, mysql),
        mongo=Singleton(production.mongo_submissions, services.mongo_uri, telemetry),
    )
    totals = Selector(
        Singleton(choices.submissions, settings),
        memory=Singleton(MemoryTotals, submissions),
        sqlite=Singleton(SqlTotals, sqlite),
        mysql=Singleton(SqlTotals, mysql),
        mongo=Singleton(production.mongo_totals, services.mongo_uri, telemetry),
    )
    s3 = Singleton(production.s3_blobs, services.s3, clock, telemetry)
    blobs = Selector(
        Singleton(choices.blobs, settings),
        memory=Singleton(MemoryBlobStore, clock),
        folder=Singleton(FolderBlobStore, Singleton(_below, home, "blobs"), clock),
        s3=s3,
        cached=Singleton(
            CachedBlobStore,
            s3,
            Singleton(_below, home, "blob-cache"),
            clock,
            limit_bytes=settings.provided.blob_cache_bytes,
        ),
    )
    judge = Selector(
        Singleton(choices.judge, settings),
        sandbox=Singleton(
            SandboxJudge,
            home=home,
            slots=settings.provided.judge_slots,
            allow_weak=settings.provided.may_judge_weakly,
            only=settings.provided.languages,
            compile_cache_bytes=settings.provided.compile_cache_bytes,
        ),
        judge0=Singleton(production.judge0_judge, settings, clock, ids, telemetry),
    )
    callbacks = Selector(
        Singleton(choices.callbacks, settings),
        judge0=judge,
        nobody=Object(None),
    )
    offer = Selector(
        Singleton(choices.offer, settings),
        judge=judge,
        workers=Singleton(AnnouncedLanguages, storage, clock),
    )
    queue = Selector(
        Singleton(choices.queue, settings),
        in_process=Singleton(InProcessTaskQueue, slots=settings.provided.judge_slots),
        redis=Singleton(production.redis_queue, services.redis_url, telemetry),
        rabbitmq=Singleton(production.rabbitmq_queue, services.rabbitmq_url, telemetry),
        kafka=Singleton(production.kafka_queue, services, telemetry),
    )
    dead_letters = Selector(
        Singleton(choices.queue, settings),
        in_process=Singleton(InProcessDeadLetters, queue),
        redis=Singleton(production.redis_dead_letters, services.redis_url),
        rabbitmq=Singleton(production.rabbitmq_dead_letters, services.rabbitmq_url),
        kafka=Singleton(production.kafka_dead_letters, services),
    )
    progress = Selector(
        Singleton(choices.news, settings),
        in_process=Singleton(InProcessProgressStream),
        redis=Singleton(production.redis_progress, services.redis_url, telemetry),
    )
    rate_limiter = Selector(
        Singleton(choices.news, settings),
        in_process=Singleton(InProcessRateLimiter, clock),
        redis=Singleton(production.redis_rate_limiter, services.redis_url, clock, telemetry),
    )
    worker = Singleton(choices.worker, settings)

    judge_server = settings.provided.judge_server
    own_judge = Singleton(
        SandboxJudge,
        home=home,
        slots=settings.provided.judge_slots,
        allow_weak=settings.provided.may_serve_judging_weakly,
        only=settings.provided.languages,
        raw=True,
        compile_cache_bytes=settings.provided.compile_cache_bytes,
    )
    tickets = Selector(
        Singleton(choices.tickets, settings),
        memory=Singleton(MemoryTicketStore),
        sqlite=Singleton(SqliteTicketStore, Singleton(_below, home, "judge-server/tickets.db")),
    )
    callback_sender = Singleton(HttpCallbackSender, judge_server.callback_networks)

    register_user = Singleton(
        RegisterUser, storage=storage, passwords=passwords, clock=clock, ids=ids
    )
    create_admin = Singleton(
        CreateAdmin, storage=storage, passwords=passwords, clock=clock, ids=ids
    )
    log_in = Singleton(
        LogIn, storage=storage, passwords=passwords, tokens=tokens, clock=clock, ids=ids
    )
    refresh_session = Singleton(RefreshSession, storage=storage, tokens=tokens, clock=clock)
    log_out = Singleton(LogOut, storage=storage)
    authenticate = Singleton(Authenticate, storage=storage, tokens=tokens, clock=clock)
    list_users = Singleton(ListUsers, storage=storage)
    update_user = Singleton(UpdateUser, storage=storage)

    list_languages = Singleton(ListLanguages, offer=offer)
    list_open_challenges = Singleton(ListOpenChallenges, storage=storage, submissions=submissions)
    get_open_challenge = Singleton(
        GetOpenChallenge, storage=storage, submissions=submissions, blobs=blobs, offer=offer
    )
    submit_code = Singleton(
        SubmitCode,
        storage=storage,
        submissions=submissions,
        offer=offer,
        queue=queue,
        clock=clock,
        ids=ids,
        telemetry=telemetry,
    )
    run_code = Singleton(
        RunCode,
        storage=storage,
        submissions=submissions,
        offer=offer,
        queue=queue,
        clock=clock,
        ids=ids,
        telemetry=telemetry,
    )
    list_submissions = Singleton(ListSubmissions, submissions=submissions)
    get_submission = Singleton(GetSubmission, storage=storage, submissions=submissions)
    get_wait = Singleton(GetWait, submissions=submissions, clock=clock)
    watch_submission = Singleton(
        WatchSubmission, submissions=submissions, progress=progress, clock=clock
    )
    rejudge_submission = Singleton(
        RejudgeSubmission, storage=storage, submissions=submissions, queue=queue
    )
    create_rejudge_set = Singleton(
        CreateRejudgeSet, storage=storage, submissions=submissions, clock=clock, ids=ids
    )
    list_rejudge_sets = Singleton(ListRejudgeSets, storage=storage)
    get_rejudge_set = Singleton(GetRejudgeSet, storage=storage)
    list_rejudge_items = Singleton(ListRejudgeItems, storage=storage)
    decide_rejudge_set = Singleton(
        DecideRejudgeSet, storage=storage, submissions=submissions, clock=clock
    )
    advance_rejudges = Singleton(
        AdvanceRejudges,
        storage=storage,
        submissions=submissions,
        totals=totals,
        queue=queue,
        clock=clock,
    )
    get_leaderboard = Singleton(GetLeaderboard, storage=storage, totals=totals)
    get_analytics = Singleton(GetAnalytics, storage=storage, totals=totals, clock=clock)
    settle_outcomes = Singleton(SettleOutcomes, totals=totals)
    rebuild_totals = Singleton(RebuildTotals, totals=totals)

    trials = Selector(
        Singleton(choices.offer, settings),
        judge=judge,
        workers=Singleton(
            TrialsByWorkers,
            storage=storage,
            submissions=submissions,
            queue=queue,
            clock=clock,
            ids=ids,
        ),
    )
    create_challenge = Singleton(
        CreateChallenge, storage=storage, offer=offer, trials=trials, clock=clock, ids=ids
    )
    replace_challenge = Singleton(
        ReplaceChallenge, storage=storage, offer=offer, trials=trials, clock=clock
    )
    list_challenges = Singleton(ListChallenges, storage=storage)
    get_challenge = Singleton(GetChallenge, storage=storage)
    add_test_cases = Singleton(
        AddTestCases, storage=storage, blobs=blobs, offer=offer, clock=clock, ids=ids
    )
    delete_test_case = Singleton(DeleteTestCase, storage=storage, offer=offer, clock=clock)
    list_test_cases = Singleton(ListTestCases, storage=storage)
    read_test_data = Singleton(ReadTestData, storage=storage, blobs=blobs)

    judge_submission = Singleton(
        JudgeSubmission,
        storage=storage,
        submissions=submissions,
        totals=totals,
        blobs=blobs,
        judge=judge,
        progress=progress,
        clock=clock,
        ids=ids,
        worker=worker,
        telemetry=telemetry,
    )
    recover_work = Singleton(
        RecoverWork, submissions=submissions, queue=queue, clock=clock, worker=worker
    )
    announce_worker = Singleton(
        AnnounceWorker, storage=storage, judge=judge, clock=clock, worker=worker
    )
    withdraw_worker = Singleton(WithdrawWorker, storage=storage, clock=clock, worker=worker)
    wake_workers = Singleton(WakeWorkers, submissions=submissions, queue=queue, clock=clock)
    forget_expired = Singleton(ForgetExpired, storage=storage, submissions=submissions, clock=clock)
    collect_blobs = Singleton(CollectBlobs, storage=storage, blobs=blobs, clock=clock, ids=ids)
    measure_queue = Singleton(MeasureQueue, submissions=submissions, figures=figures, clock=clock)
    get_queue = Singleton(GetQueue, submissions=submissions, clock=clock)
    list_workers = Singleton(ListWorkers, storage=storage, clock=clock)
    list_dead_letters = Singleton(ListDeadLetters, dead_letters=dead_letters)
    resend_dead_letter = Singleton(ResendDeadLetter, dead_letters=dead_letters)
    drop_dead_letter = Singleton(DropDeadLetter, dead_letters=dead_letters)
    hear_callback = Singleton(HearCallback, callbacks=callbacks)
    take_tickets = Singleton(TakeTickets, tickets=tickets, clock=clock, ids=ids)
    read_tickets = Singleton(ReadTickets, tickets=tickets)
    list_tickets = Singleton(ListTickets, tickets=tickets)
    remove_ticket = Singleton(RemoveTicket, tickets=tickets)
    count_tickets = Singleton(CountTickets, tickets=tickets)
    measure_backlog = Singleton(MeasureBacklog, tickets=tickets)
    put_back_tickets = Singleton(PutBackTickets, tickets=tickets)
    forget_tickets = Singleton(
        ForgetTickets,
        tickets=tickets,
        clock=clock,
        kept_for=judge_server.kept_for,
        most=judge_server.most_kept,
    )
    judge_ticket = Singleton(
        JudgeTicket,
        tickets=tickets,
        judge=own_judge,
        clock=clock,
        most_unzipped_bytes=judge_server.most_unzipped_bytes,
        most_file_kib=judge_server.most_file_kib,
    )
    list_owed_calls = Singleton(ListOwedCalls, tickets=tickets)
    call_back = Singleton(CallBack, tickets=tickets, sender=callback_sender, clock=clock)
    check_health = Singleton(
        CheckHealth,
        storage=storage,
        submissions=submissions,
        blobs=blobs,
        offer=offer,
        queue=queue,
        progress=progress,
        rate_limiter=rate_limiter,
    )


async def close(container: Container) -> None:
    """Close what the container has built, what depends on others first."""
    await container.queue().close()
    await container.dead_letters().close()
    await container.progress().close()
    await container.rate_limiter().close()
    await container.judge().close()
    await container.totals().close()
    await container.submissions().close()
    await container.blobs().close()
    await container.storage().close()
    await container.telemetry().close()
    _forget_home(container)


async def close_judge_server(container: Container) -> None:
    """Close what a judge server uses: of the rest nothing was ever built."""
    await container.own_judge().close()
    await container.callback_sender().close()
    await container.tickets().close()
    _forget_home(container)


def _forget_home(container: Container) -> None:
    if container.settings().home is None:
        shutil.rmtree(container.home(), ignore_errors=True)
