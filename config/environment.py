"""Names and values: from the environment, from the file .env, from files that hold secrets."""

import re
from collections.abc import Mapping
from pathlib import Path

from config.bad_setting import BadSetting
from config.setting_list import SETTINGS

_IGNORED_PREFIX = "ASSAY_TEST_"
_ENV_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_MAX_SECRET_BYTES = 65_536


def chosen_values(environment: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """The text of every setting: of the environment, else of `.env`, else the default.

    Raises:
        BadSetting: an unknown `ASSAY_*` name, or a file that cannot be read.
    """
    values = _read_dotenv(dotenv) if dotenv is not None else {}
    values |= environment
    _check_names(values)
    return {s.name: _text(values, s.name, secret=s.secret) or s.default for s in SETTINGS}


def _text(values: Mapping[str, str], name: str, *, secret: bool) -> str:
    text = values.get(name, "").strip()
    path = values.get(f"{name}_FILE") if secret else None
    if path is None:
        return text
    if text:
        raise BadSetting(name, f"and {name}_FILE are both set")
    return _secret(f"{name}_FILE", path.strip())


def _secret(name: str, path: str) -> str:
    """What the file holds: whoever names a file means a secret, and not the default."""
    if not path:
        raise BadSetting(name, "is empty: it names the file of a secret, or is not set at all")
    try:
        with Path(path).open("rb") as file:
            secret = file.read(_MAX_SECRET_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(name, f"cannot be read: {error}") from None
    if not secret:
        raise BadSetting(name, f"names a file that holds nothing: {path}")
    return secret


def _read_dotenv(path: Path) -> dict[str, str]:
    """`NAME=value` lines; quotes around a value are taken off, `#` begins a comment line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(".env", f"cannot be read: {error}") from None
    values: dict[str, str] = {}
    for line in lines:
        match = _ENV_LINE.fullmatch(line.strip())
        if match is not None:
            value = match[2].strip()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            values[match[1]] = value[1:-1] if quoted else value
    return values


def _check_names(values: Mapping[str, str]) -> None:
    known = {setting.name for setting in SETTINGS}
    known |= {f"{setting.name}_FILE" for setting in SETTINGS if setting.secret}
    for name in sorted(values):
        ours = name.startswith("ASSAY_") and not name.startswith(_IGNORED_PREFIX)
        if ours and name not in known:
            raise BadSetting(name, "is not a setting of this version")
