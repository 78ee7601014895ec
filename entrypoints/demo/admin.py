"""An admin to try the demo with: made once, with a password that nobody else can know."""

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from config.container import Container
from config.settings import Settings
from domain.errors import CredentialsRefused

EMAIL = "admin@assay.example"
PASSWORD_FILE = "demo-admin-password"  # noqa: S105 - the file's name
_PASSWORD_BYTES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAdmin:
    """How to log in; `password_file` is None where nothing is kept."""

    email: str
    password: str
    password_file: Path | None


async def demo_admin(container: Container, settings: Settings) -> DemoAdmin | None:
    """The demo's admin, made now if no admin exists; None where there is none to tell of.

    Only on loopback, and not beside ASSAY_ADMIN_EMAIL. The password is random, and kept in the
    home folder with mode 0600. Once somebody has changed it, it is not told any more.
    """
    if not settings.is_loopback or settings.admin is not None:
        return None
    file = settings.home / PASSWORD_FILE if settings.home is not None else None
    password = _kept(file) or _new(file)
    made = await container.create_admin()(email=EMAIL, password=password, only_if_none=True)
    if made is None and not await _opens(container, password):
        _forget(file)
        return None
    return DemoAdmin(email=EMAIL, password=password, password_file=file)


async def _opens(container: Container, password: str) -> bool:
    """Whether one can still log in with it, and is an admin then; no sign-in stays behind."""
    try:
        signed_in = await container.log_in()(email=EMAIL, password=password)
    except CredentialsRefused:
        return False
    identity = await container.authenticate()(signed_in.access.value)
    await container.log_out()(user_id=identity.user.id, session_id=identity.session_id)
    return identity.user.is_enabled_admin


def _kept(file: Path | None) -> str | None:
    with contextlib.suppress(FileNotFoundError):
        return file.read_text("utf-8").strip() if file is not None else None
    return None


def _new(file: Path | None) -> str:
    """A new password, on disk before any account has it."""
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    if file is not None:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as kept:
            kept.write(f"{password}\n")
            kept.flush()
            os.fsync(kept.fileno())
    return password


def _forget(file: Path | None) -> None:
    if file is not None:
        file.unlink(missing_ok=True)
