"""Column types that keep every value of the domain exactly, on SQLite and on MySQL alike."""

from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, LargeBinary, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from adapters.documents.codec import Codec

_MICRO = 10**6
_WORD_LENGTH = 24


class Exact(TypeDecorator[str]):
    """Short text compared byte by byte, so that `s1`, `S1` and `s1 ` are three keys."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        if dialect.name not in {"mysql", "mariadb"}:
            return dialect.type_descriptor(self.impl_instance)
        mariadb = getattr(dialect, "is_mariadb", False)
        collation = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return dialect.type_descriptor(
            mysql.VARCHAR(self.length, charset="utf8mb4", collation=collation)
        )


class Id(Exact):
    """An identifier."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(36)


class Utc(TypeDecorator[datetime]):
    """A moment, aware, in UTC, to the microsecond."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Word(TypeDecorator[StrEnum]):
    """One word of an enumeration; new words need no change of the schema."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__(_WORD_LENGTH)
        self.words = words

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(
                mysql.VARCHAR(_WORD_LENGTH, charset="ascii", collation="ascii_bin")
            )
        return dialect.type_descriptor(String(_WORD_LENGTH))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


class Points(TypeDecorator[Fraction]):
    """A score in millionths: exactly the 6 places to which scores are rounded, half to even."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value * _MICRO)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Fraction | None:
        return None if value is None else _points(value)


@lru_cache(maxsize=10_000)
def _points(millionths: int) -> Fraction:
    """Remembered, as few different scores are read very often."""
    return Fraction(millionths, _MICRO)


class LongText(TypeDecorator[str]):
    """Text of any length."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(
                mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin")
            )
        return dialect.type_descriptor(Text())


class LongBytes(TypeDecorator[bytes]):
    """Bytes of any length."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.LONGBLOB())
        return dialect.type_descriptor(LargeBinary())


class Document(LongText):
    """A frozen value of the domain as one JSON text."""

    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self._codec: Codec[Any] = Codec(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self._codec.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self._codec.decode(value)
