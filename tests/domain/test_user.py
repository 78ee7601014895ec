from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidUser
from domain.ids import SessionId, UserId
from domain.user import (
    Role,
    Session,
    User,
    check_display_name,
    check_email,
    check_password,
    fold_email,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
GRACE = timedelta(seconds=30)


def session(generation: int = 3, *, revoked: bool = False) -> Session:
    return Session(
        id=SessionId("s"),
        user_id=UserId("u"),
        generation=generation,
        created_at=NOW - timedelta(days=1),
        rotated_at=NOW,
        expires_at=NOW + timedelta(days=30),
        revoked=revoked,
    )


@pytest.mark.parametrize(
    ("generation", "now", "accepted"),
    [
        pytest.param(2, NOW, True, id="at once"),
        pytest.param(2, NOW + GRACE, True, id="at the last moment"),
        pytest.param(2, NOW + GRACE + TICK, False, id="too late"),
        pytest.param(1, NOW, False, id="an older one"),
        pytest.param(3, NOW, False, id="the current one"),
        pytest.param(4, NOW, False, id="one that was never given out"),
    ],
)
def test_only_the_directly_preceding_token_is_accepted_for_half_a_minute(
    generation: int, now: datetime, *, accepted: bool
) -> None:
    assert session().accepts_preceding(generation, now) == accepted


@pytest.mark.parametrize(
    ("own", "now", "alive"),
    [
        (session(), NOW, True),
        (session(), NOW + timedelta(days=30) - TICK, True),
        (session(), NOW + timedelta(days=30), False),
        (session(revoked=True), NOW, False),
    ],
)
def test_a_session_lives_until_it_ends_or_is_revoked(
    own: Session, now: datetime, *, alive: bool
) -> None:
    assert own.is_alive(now) == alive


@pytest.mark.parametrize(
    ("role", "disabled", "counts"),
    [
        (Role.ADMIN, False, True),
        (Role.ADMIN, True, False),
        (Role.CANDIDATE, False, False),
        (Role.CANDIDATE, True, False),
    ],
)
def test_a_disabled_admin_does_not_count_as_one(
    role: Role, *, disabled: bool, counts: bool
) -> None:
    user = User(
        id=UserId("u"),
        email="a@example.org",
        display_name="A",
        password_hash="",
        role=role,
        disabled=disabled,
        created_at=NOW,
    )

    assert user.is_enabled_admin == counts


@pytest.mark.parametrize(
    "email",
    [
        "a@b.c",
        "Ada.Lovelace+exam@mail.example.org",
        "o'neil@sub-domain.example.co.uk",
        "1!#$%&*/=?^_`{|}~-@x.yz",
        "l" * 64 + "@example.org",
        "a@" + "d" * 63 + ".org",
        "a@" + "x." * 124 + "orgs",
    ],
)
def test_an_address_that_mail_can_be_sent_to_is_taken(email: str) -> None:
    assert check_email(f" {email} ") == email


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "@b.c",
        "a@",
        "a@localhost",
        "a@b..c",
        "a@-b.c",
        "a@b-.c",
        "a@.c",
        "a@b.c.",
        "a b@c.d",
        "a@b.c\nBcc: d@e.f",
        "a@@b.c",
        "a@b@c.d",
        "ä@b.c",
        "a@bücher.de",
        "a@[127.0.0.1]",
        "l" * 65 + "@example.org",
        "a@" + "d" * 64 + ".org",
        "a@" + "x." * 124 + "orgss",
        "\ud800@b.c",
        "a\0@b.c",
        "a" * 100_000,
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidUser) as refusal:
        check_email(email)

    assert refusal.value.pointer == "/email"


@given(st.text())
def test_folding_an_address_twice_is_folding_it_once(email: str) -> None:
    assert fold_email(fold_email(email)) == fold_email(email)


def test_addresses_differ_neither_by_case_nor_by_blanks_around() -> None:
    assert fold_email(" Ada@Example.ORG\t") == fold_email("ada@example.org")


@pytest.mark.parametrize("password", ["x" * 10, "x" * 128, "pass word 😀 é", " " * 10])
def test_a_password_of_fair_length_is_taken_as_it_is(password: str) -> None:
    assert check_password(password) == password


@pytest.mark.parametrize("password", ["", "x" * 9, "x" * 129, "\ud800" * 10, "x" * 9 + "\udfff"])
def test_a_password_too_short_too_long_or_not_text_is_refused(password: str) -> None:
    with pytest.raises(InvalidUser) as refusal:
        check_password(password)

    assert refusal.value.pointer == "/password"
    assert password not in str(refusal.value) or not password


@pytest.mark.parametrize("name", ["A", "x" * 100, "Ada Lovelace", "李小龍", "Zoë 😀"])
def test_a_printable_name_is_taken_without_blanks_around(name: str) -> None:
    assert check_display_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "name", ["", " \t\n", "x" * 101, "a\nb", "a\0b", "\ud800", "a\u202eb", "a\x1b[31m"]
)
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvalidUser) as refusal:
        check_display_name(name)

    assert refusal.value.pointer == "/display_name"


@pytest.mark.parametrize("blank", ["\n", "\r\n", "\t", "\x00", "\x1f", "\u0085", "\u2028"])
def test_a_control_character_around_a_name_or_address_is_not_taken_away(blank: str) -> None:
    with pytest.raises(InvalidUser):
        check_email(f"ada@example.org{blank}")
    with pytest.raises(InvalidUser):
        check_display_name(f"{blank}Ada")
