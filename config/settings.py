"""What the environment says, parsed and checked. The only place that reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config import parsing
from config.bad_setting import BadSetting
from config.environment import chosen_values
from config.judge_server import JudgeServerSettings, judge_server_settings
from config.secret_key import secret_key
from config.services import Services, services

_MIB = 1024 * 1024


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
    services: Services
    blob_cache_bytes: int
    compile_cache_bytes: int
    judge_slots: int
    languages: tuple[str, ...]
    allow_weak_sandbox: bool
    metrics_token: str | None = field(repr=False)
    worker_metrics: tuple[str, int]
    """Where a worker shows its figures; port 0 is nowhere."""
    judge_server: JudgeServerSettings
    secret_key: bytes = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        return parsing.is_loopback(self.host)

    @property
    def is_production(self) -> bool:
        """Whether others than the people of this machine depend on it (decision 27)."""
        return self.services.any_remote or not self.is_loopback

    @property
    def may_judge_weakly(self) -> bool:
        """Whether programs are judged where limits cannot be enforced fully (decision 27)."""
        return self.allow_weak_sandbox or not self.is_production

    @property
    def may_serve_judging_weakly(self) -> bool:
        """The same of the judge server, which has an address of its own."""
        return self.allow_weak_sandbox or self.judge_server.is_loopback


def load_settings(
    *, environment: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")
) -> Settings:
    """The settings of the environment, else of the file `.env`, else the defaults.

    Makes the home folder and the secret key where they are missing.

    Raises:
        BadSetting: an unknown `ASSAY_*` name, or a value that cannot be used.
    """
    chosen = chosen_values(os.environ if environment is None else environment, dotenv)
    host = parsing.host("ASSAY_HOST", chosen["ASSAY_HOST"])
    home = parsing.home(chosen["ASSAY_HOME"])
    shared = _switch(chosen, "ASSAY_SHARED_HOME") and home is not None
    remote = services(chosen, shared_home=shared)
    if remote.mysql_uri and not chosen["SECRET_KEY"]:
        problem = "must be set where MYSQL_URI is: servers that share users share their key"
        raise BadSetting("SECRET_KEY", problem)
    loopback = parsing.is_loopback(host)
    return Settings(
        home=home,
        host=host,
        port=_number(chosen, "ASSAY_PORT", most=65_535),
        public_url=parsing.optional(chosen, "ASSAY_PUBLIC_URL", parsing.url),
        admin=parsing.admin(chosen),
        rate_limits=_switch(chosen, "ASSAY_RATE_LIMITS"),
        trusted_proxies=parsing.networks("ASSAY_TRUSTED_PROXIES", chosen["ASSAY_TRUSTED_PROXIES"]),
        services=remote,
        blob_cache_bytes=_number(chosen, "ASSAY_BLOB_CACHE_MIB", most=999_999_999) * _MIB,
        compile_cache_bytes=_number(chosen, "ASSAY_COMPILE_CACHE_MIB", most=999_999_999) * _MIB,
        judge_slots=parsing.slots(chosen["ASSAY_JUDGE_SLOTS"]),
        languages=parsing.words("ASSAY_LANGUAGES", chosen["ASSAY_LANGUAGES"]),
        allow_weak_sandbox=_switch(chosen, "ASSAY_ALLOW_WEAK_SANDBOX"),
        metrics_token=chosen["ASSAY_METRICS_TOKEN"] or None,
        worker_metrics=_worker_metrics(chosen),
        judge_server=judge_server_settings(chosen),
        secret_key=secret_key(chosen["SECRET_KEY"], home, loopback=loopback),
    )


def _worker_metrics(chosen: Mapping[str, str]) -> tuple[str, int]:
    name = "ASSAY_WORKER_METRICS_HOST"
    host = parsing.host(name, chosen[name])
    if not parsing.is_loopback(host) and not chosen["ASSAY_METRICS_TOKEN"]:
        raise BadSetting(name, "may be off loopback only where ASSAY_METRICS_TOKEN is set")
    return host, _number(chosen, "ASSAY_WORKER_METRICS_PORT", most=65_535)


def _number(chosen: Mapping[str, str], name: str, *, most: int) -> int:
    return parsing.number(name, chosen[name], least=0, most=most)


def _switch(chosen: Mapping[str, str], name: str) -> bool:
    return parsing.switch(name, chosen[name])
