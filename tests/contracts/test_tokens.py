"""Access and refresh tokens: every adapter of `Tokens` keeps this contract."""

import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.clock import ManualClock
from application.ports.tokens import AccessClaims, RefreshClaims, TokenRefused, Tokens
from domain.ids import SessionId, UserId
from domain.user import Role
from tests.contracts.adapters_of import TOKENS

USER = UserId("01890a5d-ac96-774b-bcce-b302099a8057")
SESSION = SessionId("01890a5d-ac96-774b-bcce-b302099a8058")
SECRET = b"a secret of at least thirty-two bytes"
NO_TOKENS = (
    "",
    ".",
    "..",
    "...",
    "a.b.c",
    "a.1.b",
    "\u00e9.\u0661.\u00e9",
    "\ud800",
    "\x00",
    "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30.",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30." + "A" * 43,
    "[" * 100_000,
    "x" * 1_000_000,
)


@pytest.fixture(params=TOKENS)
def tokens(request: pytest.FixtureRequest, clock: ManualClock) -> Tokens:
    return TOKENS[request.param](SECRET, clock)


@pytest.fixture(params=TOKENS)
def strangers_tokens(request: pytest.FixtureRequest, clock: ManualClock) -> Tokens:
    return TOKENS[request.param](SECRET + b"!", clock)


# --- access tokens -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_an_access_token_says_who_and_until_when(
    tokens: Tokens, clock: ManualClock, role: Role
) -> None:
    issued = tokens.issue_access(USER, SESSION, role)
    assert issued.expires_in_s == 900
    assert tokens.read_access(issued.value) == AccessClaims(
        user_id=USER,
        session_id=SESSION,
        role=role,
        expires_at=clock.now().replace(microsecond=0) + timedelta(minutes=15),
    )


def test_an_access_token_expires(tokens: Tokens, clock: ManualClock) -> None:
    issued = tokens.issue_access(USER, SESSION, Role.ADMIN)
    expires_at = tokens.read_access(issued.value).expires_at
    clock.advance(expires_at - clock.now() - timedelta(microseconds=1))
    assert tokens.read_access(issued.value).expires_at == expires_at
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(TokenRefused):
        tokens.read_access(issued.value)


def test_two_access_tokens_differ(tokens: Tokens) -> None:
    first = tokens.issue_access(USER, SESSION, Role.ADMIN)
    assert first.value != tokens.issue_access(USER, SESSION, Role.ADMIN).value


def test_an_access_token_of_another_secret_is_refused(
    tokens: Tokens, strangers_tokens: Tokens
) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(strangers_tokens.issue_access(USER, SESSION, Role.ADMIN).value)


def test_a_change_of_any_character_of_an_access_token_is_refused(tokens: Tokens) -> None:
    issued = tokens.issue_access(USER, SESSION, Role.CANDIDATE).value
    refused = [_is_refused(tokens, changed) for changed in _each_character_changed(issued)]
    assert refused == [True] * len(issued)


@pytest.mark.parametrize("text", NO_TOKENS)
def test_what_is_no_access_token_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(text)


def test_blanks_around_an_access_token_are_refused(tokens: Tokens) -> None:
    issued = tokens.issue_access(USER, SESSION, Role.CANDIDATE).value
    around = [f" {issued}", f"{issued} ", f"{issued}\n", f"{issued}=", f"Bearer {issued}"]
    assert [_is_refused(tokens, text) for text in around] == [True] * 5


# --- refresh tokens ----------------------------------------------------------------------------


@pytest.mark.parametrize("generation", [1, 2, 10, 999_999_999])
def test_a_refresh_token_says_which_generation_of_which_sign_in(
    tokens: Tokens, generation: int
) -> None:
    issued = tokens.issue_refresh(SESSION, generation)
    assert tokens.read_refresh(issued) == RefreshClaims(session_id=SESSION, generation=generation)


def test_a_refresh_token_is_the_same_for_the_same_arguments(
    tokens: Tokens, clock: ManualClock
) -> None:
    first = tokens.issue_refresh(SESSION, 1)
    clock.advance(timedelta(days=1))
    assert tokens.issue_refresh(SESSION, 1) == first


def test_refresh_tokens_differ_by_sign_in_and_generation(tokens: Tokens) -> None:
    other = SessionId(SESSION[:-1] + "9")
    made = {
        tokens.issue_refresh(SESSION, 1),
        tokens.issue_refresh(SESSION, 11),
        tokens.issue_refresh(other, 1),
    }
    assert len(made) == 3


def test_a_refresh_token_of_another_secret_is_refused(
    tokens: Tokens, strangers_tokens: Tokens
) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_refresh(strangers_tokens.issue_refresh(SESSION, 1))


def test_a_change_of_any_character_of_a_refresh_token_is_refused(tokens: Tokens) -> None:
    issued = tokens.issue_refresh(SESSION, 12)
    refused = [_is_refused_refresh(tokens, changed) for changed in _each_character_changed(issued)]
    assert refused == [True] * len(issued)


def test_the_mac_of_one_generation_does_not_fit_another(tokens: Tokens) -> None:
    issued = tokens.issue_refresh(SESSION, 1)
    with pytest.raises(TokenRefused):
        tokens.read_refresh(issued.replace(f"{SESSION}.1.", f"{SESSION}.2."))


@pytest.mark.parametrize("text", NO_TOKENS)
def test_what_is_no_refresh_token_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_refresh(text)


@pytest.mark.parametrize(
    "spelling", [" {}", "{} ", "{}\n", "{}=", "{}.", ".{}"],
)  # fmt: skip
def test_a_refresh_token_has_one_spelling(tokens: Tokens, spelling: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_refresh(spelling.format(tokens.issue_refresh(SESSION, 1)))


@pytest.mark.parametrize("generation", ["01", "+1", " 1", "1_0", "\u0661", "1e0", "-1", "0", ""])
def test_a_generation_has_one_spelling(tokens: Tokens, generation: str) -> None:
    issued = tokens.issue_refresh(SESSION, 1)
    with pytest.raises(TokenRefused):
        tokens.read_refresh(issued.replace(".1.", f".{generation}."))


# --- both --------------------------------------------------------------------------------------


def test_one_kind_of_token_is_not_taken_for_the_other(tokens: Tokens) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_refresh(tokens.issue_access(USER, SESSION, Role.ADMIN).value)
    with pytest.raises(TokenRefused):
        tokens.read_access(tokens.issue_refresh(SESSION, 1))


@pytest.mark.parametrize("adapter", TOKENS)
@given(text=st.text() | st.from_regex(r"[\w-]+\.[\w-]+\.[\w-]+"))
def test_any_text_is_refused_and_nothing_else_happens(adapter: str, text: str) -> None:
    tokens = TOKENS[adapter](SECRET, ManualClock())
    assert _is_refused(tokens, text)
    assert _is_refused_refresh(tokens, text)


def _each_character_changed(text: str) -> list[str]:
    """Each one replaced by its neighbour in base64, which at an end may mean the same bytes."""
    alphabet = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}-_"
    following = str.maketrans(alphabet, alphabet[1:] + alphabet[0]) | {ord("."): "_"}
    return [text[:n] + one.translate(following) + text[n + 1 :] for n, one in enumerate(text)]


def _is_refused(tokens: Tokens, text: str) -> bool:
    try:
        tokens.read_access(text)
    except TokenRefused:
        return True
    return False


def _is_refused_refresh(tokens: Tokens, text: str) -> bool:
    try:
        tokens.read_refresh(text)
    except TokenRefused:
        return True
    return False
