"""`assay doctor`: what this machine offers, and whether a submission could be judged here."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import rich_click as click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from application.use_cases.check_health import Health
from config.container import Container
from config.settings import load_settings
from entrypoints.cli.containers import run_with_container

EXIT_CANNOT_JUDGE = 1
_ONE_UID = (
    "Boxes run with the server's own user id: only a server that runs as root can give each slot "
    "one of its own."
)


class LanguageReport(Protocol):
    """One language: its version, or the reason why it is not offered."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...


class SandboxReport(Protocol):
    """What the container's judge tells of this machine."""

    @property
    def problem(self) -> str | None: ...
    @property
    def weaknesses(self) -> Sequence[str]: ...
    @property
    def bwrap_path(self) -> str | None: ...
    @property
    def bwrap_version(self) -> str | None: ...
    @property
    def user_namespaces(self) -> bool: ...
    @property
    def init_built(self) -> bool: ...
    @property
    def seccomp(self) -> bool: ...
    @property
    def separate_uids(self) -> bool: ...
    @property
    def cgroups(self) -> Mapping[str, str]: ...
    @property
    def memory_limit_bites(self) -> bool: ...
    @property
    def slots(self) -> int: ...
    @property
    def languages(self) -> Sequence[LanguageReport]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    sandbox: SandboxReport
    services: Mapping[str, bool]

    @property
    def can_judge(self) -> bool:
        offered = any(language.version for language in self.sandbox.languages)
        return self.sandbox.problem is None and offered and all(self.services.values())


@click.command()
@click.option("--judge", "judge_only", is_flag=True, help="Look at the judge alone.")
def doctor(*, judge_only: bool) -> None:
    """Tell what this machine offers.

    Looks at the sandbox and its limits, the languages with their versions, and each configured
    service. Exits with 0 when a submission could be judged here, else with 1.
    """
    settings = load_settings()

    async def look(container: Container) -> Findings:
        sandbox: SandboxReport = await container.judge().describe()
        if judge_only:
            return Findings(sandbox=sandbox, services={})
        health: Health = await container.check_health()()
        return Findings(sandbox=sandbox, services=health.dependencies)

    findings = run_with_container(settings, look)
    show(findings, Console())
    sys.exit(0 if findings.can_judge else EXIT_CANNOT_JUDGE)


def show(findings: Findings, console: Console) -> None:
    console.print(_sandbox_table(findings.sandbox))
    console.print(_language_table(findings.sandbox.languages))
    if findings.services:
        console.print(_service_table(findings.services))
    if findings.sandbox.user_namespaces and not findings.sandbox.separate_uids:
        console.print(_ONE_UID)
    for weakness in findings.sandbox.weaknesses:
        console.print(f"[yellow]Weaker than it could be:[/] {escape(weakness)}")
    if findings.can_judge:
        console.print("[green]Submissions can be judged here.[/]")
    else:
        problem = findings.sandbox.problem or "something above is missing"
        console.print(f"[red]Submissions cannot be judged here:[/] {escape(problem)}")


def _sandbox_table(report: SandboxReport) -> Table:
    bwrap = f"{report.bwrap_version or ''} {report.bwrap_path or ''}".strip()
    controllers = ", ".join(f"{name} {version}" for name, version in report.cgroups.items())
    table = Table("Sandbox", "", title_justify="left")
    table.add_row("bubblewrap", bwrap or _mark(found=False))
    table.add_row("user namespaces", _mark(found=report.user_namespaces))
    table.add_row("init program built", _mark(found=report.init_built))
    table.add_row("seccomp filter", _mark(found=report.seccomp))
    table.add_row("a user id for each slot", _mark(found=report.separate_uids))
    table.add_row("control groups", controllers or _mark(found=False))
    table.add_row("memory limit bites", _mark(found=report.memory_limit_bites))
    table.add_row("programs at once", str(report.slots))
    return table


def _language_table(languages: Sequence[LanguageReport]) -> Table:
    table = Table("Language", "Id", "Version")
    for language in languages:
        missing = f"[dim]not offered: {escape(language.reason or '')}[/]"
        version = missing if language.version is None else escape(language.version)
        table.add_row(language.name, language.id, version)
    return table


def _service_table(services: Mapping[str, bool]) -> Table:
    table = Table("Service", "Answers")
    for name, answers in services.items():
        table.add_row(name, _mark(found=answers))
    return table


def _mark(*, found: bool) -> str:
    return "[green]yes[/]" if found else "[red]no[/]"
