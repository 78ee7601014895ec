"""Answers: views as JSON, with what every answer carries."""

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction

import msgspec
from litestar.response import Response

from domain.scoring import rounded


def json_response(
    view: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """A view as JSON; nobody may keep it, as it was made for one reader."""
    return Response(
        content=msgspec.json.encode(view),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def no_content(*, headers: Mapping[str, str] | None = None) -> Response[None]:
    """An answer that says all by its status, which is 204."""
    return Response(
        content=None, status_code=204, headers={"Cache-Control": "no-store", **(headers or {})}
    )


def number(value: Fraction) -> int | float:
    """The value as a JSON number: whole where it is, else with at most 6 decimals."""
    decimal = rounded(value)
    return int(decimal) if decimal == int(decimal) else float(decimal)


def number_or_none(value: Fraction | None) -> int | float | None:
    """The same, where there may be none."""
    return None if value is None else number(value)


def in_utc(moment: datetime) -> datetime:
    """The moment so that it is written with `Z`."""
    return moment.astimezone(UTC)
