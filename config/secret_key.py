"""The key that all others are derived from: given, or made once and kept."""

import contextlib
import os
import secrets
from pathlib import Path

from config.bad_setting import BadSetting

MIN_SECRET_BYTES = 32
_PLACEHOLDERS = ("changeme", "change-me", "change_me", "secret", "your-secret-key", "placeholder")


def secret_key(text: str, home: Path | None, *, loopback: bool) -> bytes:
    """The given key, else the one that is kept in the home folder.

    Raises:
        BadSetting: it is weak and the server is not on loopback, or it cannot be kept.
    """
    if text:
        weak = len(text.encode()) < MIN_SECRET_BYTES or text.lower().startswith(_PLACEHOLDERS)
        if weak and not loopback:
            problem = f"must be at least {MIN_SECRET_BYTES} bytes and no placeholder off loopback"
            raise BadSetting("SECRET_KEY", problem)
        return text.encode()
    if home is None:
        return secrets.token_bytes(MIN_SECRET_BYTES)
    return _kept_secret(home / "secret-key")


def _kept_secret(path: Path) -> bytes:
    """The key in that file, made (with mode 0600) by whoever comes first."""
    own = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(MIN_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(own)  # whoever comes second reads the first one's key
        own.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise BadSetting("ASSAY_HOME", f"cannot be written to: {error.strerror}") from None
    if len(key) < MIN_SECRET_BYTES:
        raise BadSetting("SECRET_KEY", f"in {path} is cut short; remove the file")
    return key
