"""Access tokens that are signed with our key and still not ours."""

import json
from collections.abc import Mapping

import jwt
import pytest
from jwt.api_jws import PyJWS

from adapters.memory.clock import ManualClock
from adapters.security.keys import Keys, derive_keys
from adapters.security.tokens import JwtTokens
from application.ports.tokens import TokenRefused
from domain.ids import SessionId, UserId
from domain.user import Role

KEYS = derive_keys(b"0123456789abcdef0123456789abcdef")
CLAIMS: Mapping[str, object] = {
    "sub": "u",
    "sid": "s",
    "role": "admin",
    "iat": 1_700_000_000,
    "exp": 4_000_000_000,
    "jti": "j",
    "iss": "assay",
    "aud": "assay",
}


@pytest.fixture
def tokens(clock: ManualClock) -> JwtTokens:
    return JwtTokens(KEYS, clock)


def test_what_others_sign_as_we_do_is_read(tokens: JwtTokens) -> None:
    claims = tokens.read_access(_signed(CLAIMS))
    assert (claims.user_id, claims.session_id, claims.role) == ("u", "s", Role.ADMIN)


@pytest.mark.parametrize("missing", CLAIMS)
def test_every_claim_is_required(tokens: JwtTokens, missing: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != missing}
    with pytest.raises(TokenRefused):
        tokens.read_access(_signed(claims))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "other"),
        ("iss", ["assay"]),
        ("aud", "other"),
        ("aud", None),
        ("role", "root"),
        ("role", ["admin"]),
        ("role", None),
        ("sub", 1),
        ("sid", 1),
        ("sid", None),
        ("exp", "4000000000"),
        ("exp", 10**30),
        ("exp", -(10**30)),
        ("exp", 0),
        ("exp", 4e9),
    ],
)
def test_a_claim_of_another_kind_or_value_is_refused(
    tokens: JwtTokens, claim: str, value: object
) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(_signed({**CLAIMS, claim: value}))


@pytest.mark.parametrize(("algorithm", "key"), [("HS384", KEYS.jwt), ("HS512", KEYS.jwt)])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_the_algorithm_is_pinned(tokens: JwtTokens, algorithm: str, key: bytes) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(jwt.encode(dict(CLAIMS), key, algorithm=algorithm))


def test_no_algorithm_is_no_signature(tokens: JwtTokens) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(jwt.encode(dict(CLAIMS), "", algorithm="none"))


@pytest.mark.parametrize(
    "header", [{"kid": "../../dev/null"}, {"jku": "http://x"}, {"typ": "at+jwt"}]
)
def test_a_header_of_another_shape_is_refused(tokens: JwtTokens, header: dict[str, str]) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(jwt.encode(dict(CLAIMS), KEYS.jwt, algorithm="HS256", headers=header))


@pytest.mark.parametrize("key", [KEYS.refresh, KEYS.cursors])
def test_a_key_for_something_else_signs_no_access_token(tokens: JwtTokens, key: bytes) -> None:
    with pytest.raises(TokenRefused):
        tokens.read_access(jwt.encode(dict(CLAIMS), key, algorithm="HS256"))


def test_refresh_tokens_do_not_hang_on_the_key_of_access_tokens(clock: ManualClock) -> None:
    other = Keys(jwt=bytes(32), refresh=KEYS.refresh, cursors=b"")
    issued = JwtTokens(KEYS, clock).issue_refresh(SessionId("s"), 1)
    assert JwtTokens(other, clock).read_refresh(issued).session_id == "s"


def test_an_access_token_holds_the_claims_that_others_expect(tokens: JwtTokens) -> None:
    issued = tokens.issue_access(UserId("u"), SessionId("s"), Role.CANDIDATE).value
    claims = jwt.decode(issued, options={"verify_signature": False})
    assert set(claims) == set(CLAIMS)
    assert (claims["exp"] - claims["iat"], claims["role"]) == (900, "candidate")


def _signed(claims: Mapping[str, object]) -> str:
    """Signed without a look at the claims, as `jwt.encode` would have."""
    return PyJWS().encode(json.dumps(dict(claims)).encode(), KEYS.jwt, algorithm="HS256")
