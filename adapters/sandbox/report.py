"""What `assay doctor` is told about the sandbox of this machine."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.ids import LanguageId


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageReport:
    """One language of the table: its version, or the reason why it is not offered."""

    id: LanguageId
    name: str
    version: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReport:
    """What this machine gives. `problem` says why nothing is judged; None when it works.

    `cgroups` names for each controller `v1`, `v2` or `none`.
    """

    problem: str | None
    weaknesses: tuple[str, ...]
    bwrap_path: str | None
    bwrap_version: str | None
    user_namespaces: bool
    init_built: bool
    seccomp: bool
    separate_uids: bool
    cgroups: Mapping[str, str]
    memory_limit_bites: bool
    slots: int
    languages: tuple[LanguageReport, ...]
