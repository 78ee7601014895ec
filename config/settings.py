"""What the environment says: every setting, once. The only place that reads the environment."""

import contextlib
import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

IN_MEMORY = ":memory:"
MIN_SECRET_BYTES = 32
_PLACEHOLDERS = ("changeme", "change-me", "change_me", "secret", "your-secret-key", "placeholder")
_IGNORED_PREFIX = "ASSAY_TEST_"
_ENV_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


class BadSetting(Exception):
    """A setting that cannot be used; its text is one clear line."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One name that the environment may set; `default` as the README's table shows it."""

    name: str
    default: str
    description: str
    secret: bool = False


SETTINGS = (
    Setting(
        name="ASSAY_HOME",
        default="./var",
        description="Folder of the embedded database, blobs and keys; `:memory:` keeps nothing.",
    ),
    Setting(name="ASSAY_HOST", default="127.0.0.1", description="Address to listen on."),
    Setting(name="ASSAY_PORT", default="8000", description="Port to listen on; 0 is a free one."),
    Setting(
        name="ASSAY_PUBLIC_URL",
        default="",
        description="The address that clients see, where it is another (behind a proxy).",
    ),
    Setting(
        name="ASSAY_ADMIN_EMAIL",
        default="",
        description="With ASSAY_ADMIN_PASSWORD: the first admin, made at start if there is none.",
    ),
    Setting(
        name="ASSAY_ADMIN_PASSWORD",
        default="",
        description="See ASSAY_ADMIN_EMAIL; 10 to 128 characters.",
        secret=True,
    ),
    Setting(
        name="ASSAY_RATE_LIMITS",
        default="on",
        description="`off` lifts the rate limits, for a load test.",
    ),
    Setting(
        name="ASSAY_TRUSTED_PROXIES",
        default="",
        description="Addresses or networks, comma separated, whose X-Forwarded-For is believed.",
    ),
    Setting(
        name="ASSAY_JUDGE_SLOTS",
        default="",
        description="Programs judged at once; empty means one for each core.",
    ),
    Setting(
        name="ASSAY_LANGUAGES",
        default="",
        description="Languages offered, comma separated; empty means all that this machine runs.",
    ),
    Setting(
        name="ASSAY_ALLOW_WEAK_SANDBOX",
        default="off",
        description="`on` judges without cgroups also where the server is not on loopback.",
    ),
    Setting(
        name="ASSAY_METRICS_TOKEN",
        default="",
        description="Bearer token for /metrics from elsewhere than loopback.",
        secret=True,
    ),
    Setting(
        name="SECRET_KEY",
        default="",
        description="At least 32 bytes; empty means one is made and kept in ASSAY_HOME.",
        secret=True,
    ),
)
"""Every setting that this version has."""

PLANNED = (
    "MYSQL_URI",
    "MONGO_URI",
    "REDIS_URL",
    "RABBITMQ_URL",
    "KAFKA_BROKER_URL",
    "JUDGE0_URL",
    "AWS_BUCKET_NAME",
)
"""Names that choose production adapters, which this version lacks: set, they stop the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings, parsed and checked. `home` is None where everything is kept in memory."""

    home: Path | None
    host: str
    port: int
    public_url: str | None
    admin: tuple[str, str] | None = field(repr=False)
    rate_limits: bool
    trusted_proxies: tuple[str, ...]
    judge_slots: int
    languages: tuple[str, ...]
    allow_weak_sandbox: bool
    metrics_token: str | None = field(repr=False)
    secret_key: bytes = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        return _is_loopback(self.host)

    @property
    def may_judge_weakly(self) -> bool:
        """Whether programs are judged where limits cannot be enforced fully (decision 27)."""
        return self.is_loopback or self.allow_weak_sandbox


def load_settings(
    *, environment: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")
) -> Settings:
    """The settings of the environment, else of the file `.env`, else the defaults.

    Makes the home folder and the secret key where they are missing.

    Raises:
        BadSetting: an unknown `ASSAY_*` name, or a value that cannot be used.
    """
    values = _read_dotenv(dotenv) if dotenv is not None else {}
    values |= dict(os.environ if environment is None else environment)
    _check_names(values)
    chosen = {s.name: values.get(s.name, "").strip() or s.default for s in SETTINGS}
    host = _host(chosen["ASSAY_HOST"])
    home = _home(chosen["ASSAY_HOME"])
    return Settings(
        home=home,
        host=host,
        port=_number("ASSAY_PORT", chosen["ASSAY_PORT"], least=0, most=65_535),
        public_url=_optional(chosen, "ASSAY_PUBLIC_URL", _url),
        admin=_admin(chosen),
        rate_limits=_switch("ASSAY_RATE_LIMITS", chosen["ASSAY_RATE_LIMITS"]),
        trusted_proxies=_networks("ASSAY_TRUSTED_PROXIES", chosen["ASSAY_TRUSTED_PROXIES"]),
        judge_slots=_slots(chosen["ASSAY_JUDGE_SLOTS"]),
        languages=_words("ASSAY_LANGUAGES", chosen["ASSAY_LANGUAGES"]),
        allow_weak_sandbox=_switch("ASSAY_ALLOW_WEAK_SANDBOX", chosen["ASSAY_ALLOW_WEAK_SANDBOX"]),
        metrics_token=chosen["ASSAY_METRICS_TOKEN"] or None,
        secret_key=_secret_key(chosen["SECRET_KEY"], home, loopback=_is_loopback(host)),
    )


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
    for name in sorted(values):
        ours = name.startswith("ASSAY_") and not name.startswith(_IGNORED_PREFIX)
        if ours and name not in known:
            raise BadSetting(name, "is not a setting of this version")
    for name in PLANNED:
        if values.get(name, "").strip():
            raise BadSetting(name, "is set, but this version has only the embedded adapters")


def _optional(chosen: Mapping[str, str], name: str, parse: Callable[[str, str], str]) -> str | None:
    return parse(name, chosen[name]) if chosen[name] else None


def _number(name: str, text: str, *, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise BadSetting(name, f"must be a number from {least} to {most}, not {text!r}")
    return int(text)


def _switch(name: str, text: str) -> bool:
    if text not in {"on", "off"}:
        raise BadSetting(name, f"must be on or off, not {text!r}")
    return text == "on"


def _slots(text: str) -> int:
    if not text:
        return len(os.sched_getaffinity(0))
    return _number("ASSAY_JUDGE_SLOTS", text, least=1, most=256)


def _words(name: str, text: str) -> tuple[str, ...]:
    words = tuple(part.strip() for part in text.split(",") if part.strip())
    for word in words:
        if not re.fullmatch(r"[a-z0-9]{1,32}", word):
            raise BadSetting(name, f"has {word!r}, which is no language id")
    return words


def _host(text: str) -> str:
    if text == "localhost":
        return text
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise BadSetting("ASSAY_HOST", f"must be an IP address, not {text!r}") from None
    return text


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def _url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSetting(name, "must be a URL that begins with http:// or https://")
    return text.rstrip("/")


def _networks(name: str, text: str) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in text.split(",") if part.strip())
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise BadSetting(name, f"has {network!r}, which is no address or network") from None
    return networks


def _admin(chosen: Mapping[str, str]) -> tuple[str, str] | None:
    email, password = chosen["ASSAY_ADMIN_EMAIL"], chosen["ASSAY_ADMIN_PASSWORD"]
    if bool(email) != bool(password):
        raise BadSetting("ASSAY_ADMIN_EMAIL", "and ASSAY_ADMIN_PASSWORD go only together")
    return (email, password) if email else None


def _home(text: str) -> Path | None:
    if text == IN_MEMORY:
        return None
    home = Path(text).expanduser().absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"cannot be made or used: {error.strerror}: {home}"
        raise BadSetting("ASSAY_HOME", problem) from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise BadSetting("ASSAY_HOME", f"cannot be written to: {home}")
    return home


def _secret_key(text: str, home: Path | None, *, loopback: bool) -> bytes:
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
