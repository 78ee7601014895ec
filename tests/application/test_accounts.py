"""Accounts, sign-ins and their tokens."""

from datetime import timedelta

import pytest

from application.use_cases.authenticate import CACHE_TIME, Authenticate, Identity
from application.use_cases.create_admin import CreateAdmin
from application.use_cases.log_in import LogIn, SignIn
from application.use_cases.log_out import LogOut
from application.use_cases.refresh_session import Refreshed, RefreshSession
from application.use_cases.update_user import UpdateUser
from domain.errors import (
    CredentialsRefused,
    EmailTaken,
    InvalidUser,
    LastAdmin,
    NotSignedIn,
    UserNotFound,
)
from domain.ids import UserId
from domain.user import PRECEDING_TOKEN_GRACE, SESSION_LIFETIME, Role
from tests.application.world import PASSWORD, World

EMAIL = "cand@example.org"
MOMENT = timedelta(seconds=1)


async def _log_in(world: World, email: str = EMAIL, password: str = PASSWORD) -> SignIn:
    log_in = LogIn(
        storage=world.storage,
        passwords=world.passwords,
        tokens=world.tokens,
        clock=world.clock,
        ids=world.ids,
    )
    return await log_in(email=email, password=password)


async def _refresh(world: World, token: str) -> Refreshed:
    refresh = RefreshSession(storage=world.storage, tokens=world.tokens, clock=world.clock)
    return await refresh(token)


async def _identity(world: World, access_token: str) -> Identity:
    who = Authenticate(storage=world.storage, tokens=world.tokens, clock=world.clock)
    return await who(access_token)


@pytest.mark.parametrize("again", [EMAIL, "CAND@example.org", " cand@EXAMPLE.org "])
async def test_an_email_has_one_account_however_it_is_typed(world: World, again: str) -> None:
    await world.a_candidate(EMAIL)

    with pytest.raises(EmailTaken):
        await world.a_candidate(again)


async def test_nobody_registers_as_admin(world: World) -> None:
    assert (await world.a_candidate()).role is Role.CANDIDATE


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@example.org", "a@b..org"])
async def test_what_is_no_email_is_refused(world: World, email: str) -> None:
    with pytest.raises(InvalidUser) as refused:
        await world.a_candidate(email)

    assert refused.value.pointer == "/email"


async def test_whoever_signs_in_is_known_by_the_token(world: World) -> None:
    user = await world.a_candidate(EMAIL)

    signed_in = await _log_in(world, email="Cand@Example.ORG")

    assert (await _identity(world, signed_in.access.value)).user == user


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "wrong password"), ("none@example.org", PASSWORD), ("", "")]
)
async def test_wrong_credentials_are_refused_alike(world: World, email: str, password: str) -> None:
    await world.a_candidate(EMAIL)

    with pytest.raises(CredentialsRefused):
        await _log_in(world, email, password)


async def test_refreshing_gives_tokens_that_work(world: World) -> None:
    await world.a_candidate(EMAIL)
    signed_in = await _log_in(world)

    first = await _refresh(world, signed_in.refresh_token)
    second = await _refresh(world, first.refresh_token)

    tokens = {signed_in.refresh_token, first.refresh_token, second.refresh_token}
    assert len(tokens) == 3
    assert (await _identity(world, second.access.value)).user.email == EMAIL


async def test_a_lost_answer_is_given_again(world: World) -> None:
    await world.a_candidate(EMAIL)
    signed_in = await _log_in(world)
    lost = await _refresh(world, signed_in.refresh_token)
    world.clock.advance(PRECEDING_TOKEN_GRACE)

    again = await _refresh(world, signed_in.refresh_token)

    assert again.refresh_token == lost.refresh_token


async def test_a_replay_after_the_grace_ends_the_whole_sign_in(world: World) -> None:
    await world.a_candidate(EMAIL)
    signed_in = await _log_in(world)
    current = await _refresh(world, signed_in.refresh_token)
    world.clock.advance(PRECEDING_TOKEN_GRACE + MOMENT)

    with pytest.raises(CredentialsRefused):
        await _refresh(world, signed_in.refresh_token)
    with pytest.raises(CredentialsRefused):
        await _refresh(world, current.refresh_token)
    with pytest.raises(NotSignedIn):
        await _identity(world, current.access.value)


async def test_a_token_older_than_the_preceding_one_ends_it_at_once(world: World) -> None:
    await world.a_candidate(EMAIL)
    oldest = (await _log_in(world)).refresh_token
    second = (await _refresh(world, oldest)).refresh_token
    third = (await _refresh(world, second)).refresh_token

    with pytest.raises(CredentialsRefused):
        await _refresh(world, oldest)
    with pytest.raises(CredentialsRefused):
        await _refresh(world, third)


async def test_a_sign_in_ends_by_itself(world: World) -> None:
    await world.a_candidate(EMAIL)
    signed_in = await _log_in(world)
    world.clock.advance(SESSION_LIFETIME)

    with pytest.raises(CredentialsRefused):
        await _refresh(world, signed_in.refresh_token)


async def test_refreshing_does_not_make_a_sign_in_last_longer(world: World) -> None:
    await world.a_candidate(EMAIL)
    signed_in = await _log_in(world)
    world.clock.advance(timedelta(days=10))

    refreshed = await _refresh(world, signed_in.refresh_token)

    assert signed_in.lasts_s == SESSION_LIFETIME.total_seconds()
    assert refreshed.lasts_s == (SESSION_LIFETIME - timedelta(days=10)).total_seconds()


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 500, "é.1.ÿ"])
async def test_what_is_no_refresh_token_is_refused(world: World, token: str) -> None:
    with pytest.raises(CredentialsRefused):
        await _refresh(world, token)


@pytest.mark.parametrize(("everywhere", "other_lives"), [(False, True), (True, False)])
async def test_signing_out_ends_this_sign_in_or_all(
    world: World, *, everywhere: bool, other_lives: bool
) -> None:
    user = await world.a_candidate(EMAIL)
    here, elsewhere = await _log_in(world), await _log_in(world)
    session_id = (await _identity(world, here.access.value)).session_id

    await LogOut(storage=world.storage)(
        user_id=user.id, session_id=session_id, everywhere=everywhere
    )

    with pytest.raises(NotSignedIn):
        await _identity(world, here.access.value)
    assert await _works(world, elsewhere.access.value) is other_lives


async def _works(world: World, access_token: str) -> bool:
    try:
        await _identity(world, access_token)
    except NotSignedIn:
        return False
    return True


async def test_a_disabled_user_is_out_within_the_cache_time(world: World) -> None:
    user = await world.a_candidate(EMAIL)
    signed_in = await _log_in(world)
    who = Authenticate(storage=world.storage, tokens=world.tokens, clock=world.clock)
    await who(signed_in.access.value)

    await UpdateUser(storage=world.storage)(user.id, disabled=True)
    world.clock.advance(CACHE_TIME + MOMENT)

    with pytest.raises(NotSignedIn):
        await who(signed_in.access.value)
    with pytest.raises(CredentialsRefused):
        await _log_in(world)


@pytest.mark.parametrize("change", [{"role": Role.CANDIDATE}, {"disabled": True}])
async def test_the_last_admin_stays(world: World, change: dict[str, Role | bool]) -> None:
    admin = await world.an_admin()

    with pytest.raises(LastAdmin):
        await UpdateUser(storage=world.storage)(admin.id, **change)  # type: ignore[arg-type]


async def test_one_of_two_admins_may_go(world: World) -> None:
    await world.an_admin("one@example.org")
    other = await world.an_admin("two@example.org")

    changed = await UpdateUser(storage=world.storage)(other.id, role=Role.CANDIDATE)

    assert changed.role is Role.CANDIDATE


async def test_nobody_cannot_be_changed(world: World) -> None:
    with pytest.raises(UserNotFound):
        await UpdateUser(storage=world.storage)(UserId("none"), disabled=True)


async def test_making_an_admin_of_a_candidate_replaces_the_password(world: World) -> None:
    await world.a_candidate(EMAIL)
    create = CreateAdmin(
        storage=world.storage, passwords=world.passwords, clock=world.clock, ids=world.ids
    )

    admin = await create(email=EMAIL, password="a quite new password")  # noqa: S106

    assert admin is not None
    assert admin.role is Role.ADMIN
    await _log_in(world, password="a quite new password")  # noqa: S106


async def test_a_start_with_an_admin_there_changes_nothing(world: World) -> None:
    await world.an_admin("boss@example.org")
    create = CreateAdmin(
        storage=world.storage, passwords=world.passwords, clock=world.clock, ids=world.ids
    )

    made = await create(
        email="boss@example.org",
        password="from the environment",  # noqa: S106
        only_if_none=True,
    )

    assert made is None
    await _log_in(world, email="boss@example.org")
