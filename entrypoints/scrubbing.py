"""Text for operators without the secrets that libraries put into their messages."""

import re
from collections.abc import Mapping

from config.setting_list import SETTINGS

LEFT_OUT = "***"
MOST_CHARACTERS = 32_768
"""Of one text; the expressions below take time in proportion to it, whatever it holds."""
_NAMES = "|".join(setting.name for setting in SETTINGS if setting.secret)
_KEY = (
    r"(?:password|passwd|pwd|requirepass|secret|token|api[_-]?key|access[_-]?key|authorization"
    r"|signature|cookie)[\w-]{0,30}"
)
_QUOTED = r"\"[^\"\n]*\"|'[^'\n]*'"
_VALUE = rf"(?:(?:bearer|basic|token|digest|negotiate|apikey) +)?(?:{_QUOTED}|[^\s\"',;&)}}\]]+)"
_USER = r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s:@/\"'<>]{0,200})"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # what a statement was given, which SQLAlchemy writes in one line: programs, addresses, hashes
    (re.compile(r"\[parameters: .*\]$", re.MULTILINE), f"[parameters: {LEFT_OUT}]"),
    # mysql://user:pass@host, up to the last @, as a password may hold one
    (re.compile(_USER + r":[^\s\"'<>]{1,500}@", re.IGNORECASE), r"\1:***@"),
    # https://token@host
    (re.compile(r"\b(https?://)[^\s:@/\"'<>]{1,500}@", re.IGNORECASE), r"\1***@"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{1,2000}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), LEFT_OUT),
    (re.compile(r"\$argon2[a-z]{1,2}\$[A-Za-z0-9+/=,.$-]*"), LEFT_OUT),
    (re.compile(rf"\b(identified by ){_VALUE}", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b(requirepass )\S+", re.IGNORECASE), r"\1***"),
    # (b'x-auth-token', b'it'), ('password', 'it'): a header of ASGI, an item of a dictionary
    (re.compile(rf"({_KEY}[\"'],\s*b?)(?:{_QUOTED})", re.IGNORECASE), r"\1***"),
    # Authorization: Whatever it is, to the end of the line, unless it is quoted
    (
        re.compile(r"(\bauthorization[\"']?\s*[=:]\s*)(?=[^\s\"'])[^\s\"',;&)}\]]+[^\n\"'})\]]*",
                   re.IGNORECASE),
        r"\1***",
    ),
    # password='it', "api_key": "it", X-Amz-Signature=it
    (re.compile(rf"({_KEY}[\"']?\s*[=:]\s*(?:b(?=[\"']))?){_VALUE}", re.IGNORECASE), r"\1***"),
    # AWS_ACCESS_KEY=it, MYSQL_URI="it": the settings that are secret
    (re.compile(rf"\b((?:{_NAMES})[\"']?\s*[=:]\s*){_VALUE}"), r"\1***"),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), r"\1 ***"),
)  # fmt: skip
_SECRET_FIELD = re.compile(
    r"(?:.*[_-])?(?:password|passwd|pwd|secret|token|authorization|cookie|signature"
    r"|\w{0,20}(?:api|secret|access|private)[_-]?key)",
    re.IGNORECASE,
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
                key: LEFT_OUT if _is_secret(key) else scrubbed_value(inner)
                for key, inner in value.items()
            }
        case (str() | bytes() as name, str() | bytes()) if _is_secret(name):
            return [_text(name), LEFT_OUT]  # a header of ASGI, an item of a dictionary
        case list() | tuple():
            return [scrubbed_value(inner) for inner in value]
        case bool() | int() | float() | None:
            return value
        case _:  # an exception, a path, a URL: what the renderer would write of it
            return scrubbed(repr(value))


def _is_secret(name: object) -> bool:
    return _SECRET_FIELD.fullmatch(_text(name)[:200]) is not None


def _text(name: object) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)
