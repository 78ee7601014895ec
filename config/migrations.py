"""Migrating the tables of the server that the settings name."""

from dataclasses import dataclass

from adapters.sql.schema import NEWEST
from application.ports.storage import StoreRefused
from config.bad_setting import BadSetting
from config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """From which revision the tables came to which; None is without tables."""

    before: str | None
    after: str | None


async def migrate(settings: Settings, *, to: str | None, down: bool = False) -> Migration:
    """Bring the tables to a revision: up to the newest by default, or, with `down`, back.

    Raises:
        BadSetting: no server is named, it does not let us in, or it cannot be brought there.
        StoreUnavailable: the server does not answer.
    """
    uri = settings.services.mysql_uri
    if uri is None:
        problem = "is not set, and the embedded database brings itself up to date at its start"
        raise BadSetting("MYSQL_URI", problem)
    try:
        # PLC0415: drivers are an extra, imported when they are used.
        from adapters.sql.migrating import WrongRevision, migrate_server  # noqa: PLC0415
        from adapters.sql.mysql_server import url_of  # noqa: PLC0415
    except ModuleNotFoundError as error:
        problem = f"needs {error.name}: install assay[production]"
        raise BadSetting("MYSQL_URI", problem) from None
    try:
        url_of(uri)
    except ValueError as error:  # whose text does not repeat the address
        raise BadSetting("MYSQL_URI", str(error)) from None
    try:
        migrated = await migrate_server(uri, to=to or NEWEST, down=down)
    except (StoreRefused, WrongRevision) as error:
        raise BadSetting("MYSQL_URI", f"cannot be migrated: {error}") from None
    return Migration(before=migrated.before, after=migrated.after)
