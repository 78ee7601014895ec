"""Settings of the judge as a service, most of them by the names that Judge0 gives them."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

from config import parsing
from config.bad_setting import BadSetting

_PREFIX = "ASSAY_JUDGE_SERVER_"
_FIXED = frozenset(
    {
        "enable_network",
        "allow_enable_network",
        "enable_per_process_and_thread_time_limit",
        "allow_enable_per_process_and_thread_time_limit",
        "enable_per_process_and_thread_memory_limit",
        "allow_enable_per_process_and_thread_memory_limit",
        "use_docs_as_homepage",
        "submission_cache_duration",
        "allowed_languages_for_compile_options",
    }
)
"""What would be said and not done."""
_PAIRS = (
    ("cpu_time_limit", "max_cpu_time_limit"),
    ("cpu_extra_time", "max_cpu_extra_time"),
    ("wall_time_limit", "max_wall_time_limit"),
    ("memory_limit", "max_memory_limit"),
    ("stack_limit", "max_stack_limit"),
    ("max_processes_and_or_threads", "max_max_processes_and_or_threads"),
    ("max_file_size", "max_max_file_size"),
    ("number_of_runs", "max_number_of_runs"),
)
_MOST = 1e9
_SWITCHES = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge0Config:
    """What `/config_info` answers, in its order: seconds are decimals, sizes are KiB."""

    maintenance_mode: bool = False
    enable_wait_result: bool = True
    enable_compiler_options: bool = True
    allowed_languages_for_compile_options: tuple[str, ...] = ()
    enable_command_line_arguments: bool = True
    enable_submission_delete: bool = False
    enable_callbacks: bool = True
    callbacks_max_tries: int = 3
    callbacks_timeout: float = 5.0
    enable_additional_files: bool = True
    max_queue_size: int = 100
    cpu_time_limit: float = 5.0
    max_cpu_time_limit: float = 15.0
    cpu_extra_time: float = 1.0
    max_cpu_extra_time: float = 5.0
    wall_time_limit: float = 10.0
    max_wall_time_limit: float = 20.0
    memory_limit: int = 128_000
    max_memory_limit: int = 512_000
    stack_limit: int = 64_000
    max_stack_limit: int = 128_000
    max_processes_and_or_threads: int = 60
    max_max_processes_and_or_threads: int = 120
    enable_per_process_and_thread_time_limit: bool = False
    allow_enable_per_process_and_thread_time_limit: bool = False
    enable_per_process_and_thread_memory_limit: bool = False
    allow_enable_per_process_and_thread_memory_limit: bool = False
    max_file_size: int = 1_024
    max_max_file_size: int = 4_096
    number_of_runs: int = 1
    max_number_of_runs: int = 20
    redirect_stderr_to_stdout: bool = False
    max_extract_size: int = 10_240
    enable_batched_submissions: bool = True
    max_submission_batch_size: int = 20
    submission_cache_duration: float = 0.0
    use_docs_as_homepage: bool = False
    allow_enable_network: bool = False
    enable_network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeServerSettings:
    """How the judge server listens, whom it admits, and how long it keeps what came of a program.

    Without `tokens` it admits everyone, without `admin_tokens` nobody may list or delete.
    """

    host: str
    port: int
    tokens: tuple[str, ...] = field(repr=False)
    admin_tokens: tuple[str, ...] = field(repr=False)
    token_anywhere: bool
    config: Judge0Config
    callback_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    kept_for: timedelta
    most_kept: int

    @property
    def is_loopback(self) -> bool:
        return parsing.is_loopback(self.host)

    @property
    def most_unzipped_bytes(self) -> int:
        return self.config.max_extract_size * 1024

    @property
    def most_file_kib(self) -> int:
        return self.config.max_max_file_size

    def check_admission(self) -> None:
        """Raises BadSetting where others than this machine's people could run programs."""
        if not self.is_loopback and not self.tokens:
            raise BadSetting(
                f"{_PREFIX}TOKENS", f"must be set where the judge server listens on {self.host}"
            )


def judge_server_settings(chosen: Mapping[str, str]) -> JudgeServerSettings:
    """Raises BadSetting for a value that cannot be used."""
    networks = parsing.networks(
        f"{_PREFIX}CALLBACK_NETWORKS", chosen[f"{_PREFIX}CALLBACK_NETWORKS"]
    )
    hours = _number(chosen, "KEEP_HOURS", least=1, most=87_600)
    return JudgeServerSettings(
        host=parsing.host(f"{_PREFIX}HOST", chosen[f"{_PREFIX}HOST"]),
        port=_number(chosen, "PORT", least=0, most=65_535),
        tokens=tuple(chosen[f"{_PREFIX}TOKENS"].split()),
        admin_tokens=tuple(chosen[f"{_PREFIX}ADMIN_TOKENS"].split()),
        token_anywhere=parsing.switch(
            f"{_PREFIX}TOKEN_ANYWHERE", chosen[f"{_PREFIX}TOKEN_ANYWHERE"]
        ),
        config=judge0_config(chosen[f"{_PREFIX}CONFIG"]),
        callback_networks=tuple(ipaddress.ip_network(text, strict=False) for text in networks),
        kept_for=timedelta(hours=hours),
        most_kept=_number(chosen, "KEEP", least=1, most=100_000_000),
    )


def judge0_config(text: str) -> Judge0Config:
    """`name=value` with commas between them, over what Judge0 ships.

    Raises:
        BadSetting: a name that there is not, or that changes nothing here; a value out of reach.
    """
    known = {one.name: one.type for one in fields(Judge0Config) if one.name not in _FIXED}
    values: dict[str, bool | int | float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in known:
            raise BadSetting(f"{_PREFIX}CONFIG", f"has {name!r}, which cannot be set")
        values[name] = _value(name, value, known[name])
    config = replace(Judge0Config(), **values)  # type: ignore[arg-type]  # by the fields' types
    _check_pairs(config)
    return config


def _value(name: str, text: str, kind: object) -> bool | int | float:
    try:
        value = _SWITCHES[text] if kind is bool else float(text) if kind is float else int(text)
    except (KeyError, ValueError):
        raise BadSetting(f"{_PREFIX}CONFIG", f"has {text!r} for {name}") from None
    if not 0 <= value <= _MOST:
        raise BadSetting(f"{_PREFIX}CONFIG", f"has {text!r} for {name}")
    return value


def _check_pairs(config: Judge0Config) -> None:
    for usual, most in _PAIRS:
        if getattr(config, usual) > getattr(config, most):
            raise BadSetting(f"{_PREFIX}CONFIG", f"has a {usual} over its {most}")


def _number(chosen: Mapping[str, str], name: str, *, least: int, most: int) -> int:
    return parsing.number(f"{_PREFIX}{name}", chosen[f"{_PREFIX}{name}"], least=least, most=most)
