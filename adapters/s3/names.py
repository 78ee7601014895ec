"""What objects are called: `<hash>.<when it was put>.<chance>`, a name that is never used twice."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from domain.ids import BlobKey

_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_NAME = re.compile(r"([0-9a-f]{64}|check)\.([0-9]{8}T[0-9]{6}\.[0-9]{6}Z)\.[0-9a-f]{16}")
_KEY = re.compile(r"[0-9a-f]{64}")
_CHECK = "check"
OWNER = "deployment"
"""The one object that has another name: it tells whose the store is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectName:
    """A name of ours; `key` is None for what a check of the store writes."""

    text: str
    key: BlobKey | None
    put_at: datetime

    @classmethod
    def new(cls, key: BlobKey | None, now: datetime) -> Self:
        """A name for what is put now."""
        moment = now.astimezone(UTC).strftime(_MOMENT)
        text = f"{key or _CHECK}.{moment}.{secrets.token_hex(8)}"
        return cls(text=text, key=key, put_at=now)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The name, or None if it is not one of ours."""
        parts = _NAME.fullmatch(text)
        if parts is None:
            return None
        key = None if parts[1] == _CHECK else BlobKey(parts[1])
        put_at = datetime.strptime(parts[2], _MOMENT).replace(tzinfo=UTC)
        return cls(text=text, key=key, put_at=put_at)


def is_key(key: BlobKey) -> bool:
    """Whether it is a hash; no request is ever made of what is not."""
    return _KEY.fullmatch(key) is not None


def beginning(key: BlobKey) -> str:
    """What the names of this blob's objects, and no others, begin with."""
    return f"{key}."
