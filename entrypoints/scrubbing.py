"""Text for operators without the secrets that libraries put into their messages."""

import re
from collections.abc import Mapping

LEFT_OUT = "***"
MOST_CHARACTERS = 32_768
"""Of one text; the expressions below take time in proportion to it, whatever it holds."""
_KEY = r"(?:password|passwd|pwd|secret|token|api[_-]?key|authorization|signature|cookie)\w{0,30}"
_VALUE = r"(?:bearer |basic )?(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;&)}\]]+)"
_USER = r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s:@/\"'<>]{0,200})"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # what a statement was given, which SQLAlchemy writes in one line: programs, addresses, hashes
    (re.compile(r"\[parameters: .*\]$", re.MULTILINE), f"[parameters: {LEFT_OUT}]"),
    # mysql://user:pass@host, up to the last @, as a password may hold one
    (re.compile(_USER + r":[^\s\"'<>]{1,500}@", re.IGNORECASE), r"\1:***@"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{1,2000}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), LEFT_OUT),
    # password='it', "api_key": "it", X-Amz-Signature=it
    (re.compile(rf"({_KEY}[\"']?\s*[=:]\s*(?:b(?=[\"']))?){_VALUE}", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), r"\1 ***"),
)  # fmt: skip
_SECRET_FIELDS = frozenset(
    {"password", "token", "refresh_token", "access_token", "authorization", "secret_key", "cookie"}
)


def scrubbed(text: str) -> str:
    """The text with every secret in it that can be told from its place replaced by `***`."""
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS] + " (cut)"
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def scrubbed_value(value: object) -> object:
    """The value with its texts scrubbed, and fields that are secret by their names left out."""
    match value:
        case str():
            return scrubbed(value)
        case Mapping():
            return {
                key: LEFT_OUT if str(key).lower() in _SECRET_FIELDS else scrubbed_value(inner)
                for key, inner in value.items()
            }
        case list() | tuple():
            return [scrubbed_value(inner) for inner in value]
        case bool() | int() | float() | None:
            return value
        case _:  # an exception, a path, a URL: what the renderer would write of it
            return scrubbed(repr(value))
