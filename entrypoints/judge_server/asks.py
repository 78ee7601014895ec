"""From what a client says to what is asked for, or to what is wrong with it, in Judge0's words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from application.unzipping import BadArchive, unzipped
from config.judge_server import Judge0Config
from domain.ids import LanguageId
from domain.ticket import Ask
from entrypoints.judge_server.catalogue import MULTI_FILE, Catalogue, Listed
from entrypoints.judge_server.params import as_bytes, as_switch, as_text

Complaints = dict[str, list[str]]

MAX_FIELD_BYTES = 16 << 20
_TEXTS = ("source_code", "stdin", "expected_output", "additional_files")
_TOO_LARGE = f"is too long (maximum is {MAX_FIELD_BYTES} bytes)"
_LONGEST_OPTIONS = 512
_LONGEST_URL = 2_000
_LONGEST_NUMBER = 64
_BLANK, _NOT_BLANK = "can't be blank", "must be blank"
_TOO_LONG = "is too long (maximum is {} characters)"
_LEAST = {
    "cpu_time_limit": 0,
    "cpu_extra_time": 0,
    "wall_time_limit": 1,
    "memory_limit": 2_048,
    "stack_limit": 0,
    "max_file_size": 0,
}
_FORBIDDEN = {
    "enable_network": "enabling network is not allowed",
    "enable_per_process_and_thread_time_limit": "this option cannot be enabled",
    "enable_per_process_and_thread_memory_limit": "this option cannot be enabled",
}
_NO_LANGUAGE = Listed(
    number=0,
    name="",
    language=LanguageId(""),
    file_name=None,
    compile_command=None,
    run_command="",
    is_compiled=False,
    is_listed=False,
)


@dataclass(slots=True)
class _Form:
    """One submission while it is looked through; what is wrong is collected by field."""

    values: Mapping[str, object]
    encoded: bool
    config: Judge0Config
    wrong: Complaints = field(default_factory=dict)

    def complain(self, name: str, message: str) -> None:
        self.wrong.setdefault(name, []).append(message)

    def data(self, name: str) -> bytes | None:
        return as_bytes(self.values.get(name), encoded=self.encoded)

    def number(self, name: str, *, is_whole: bool = False) -> float:
        """What is meant, with a complaint if it is out of its range."""
        usual = float(getattr(self.config, name))
        value = _number(self.values.get(name), usual)
        if value is None:
            self.complain(name, "is not a number")
            return usual
        value = math.trunc(value) if is_whole else value
        most = getattr(self.config, _most_of(name))
        if name in _LEAST and value < _LEAST[name]:
            self.complain(name, f"must be greater than or equal to {_LEAST[name]}")
        if name not in _LEAST and value <= 0:
            self.complain(name, "must be greater than 0")
        if value > most:
            self.complain(name, f"must be less than or equal to {most}")
        return value

    def whole(self, name: str) -> int:
        """As Judge0 has it: what is behind the point does not count."""
        return int(self.number(name, is_whole=True))

    def options(self, name: str, what: str, *, is_enabled: bool) -> str | None:
        text = as_text(self.values.get(name)) or None
        if text is not None and len(text) > _LONGEST_OPTIONS:
            self.complain(name, _TOO_LONG.format(_LONGEST_OPTIONS))
        if text is not None and not is_enabled:
            self.complain(name, f"setting {what} is not allowed")
        return text


def ask_of(
    values: Mapping[str, object], *, encoded: bool, catalogue: Catalogue, config: Judge0Config
) -> Ask | Complaints:
    """What is asked for, else what is wrong with each field. A zip is unpacked to see."""
    form = _Form(values, encoded, config)
    language = _language(form, catalogue)
    for name, message in _FORBIDDEN.items():
        if as_switch(values.get(name)):
            form.complain(name, message)
    ask = _ask(form, language or _NO_LANGUAGE)
    _check_sizes(form, ask)
    _check_source(form, ask)
    _check_files(form, ask)
    return form.wrong or ask


def _ask(form: _Form, language: Listed) -> Ask:
    config, values = form.config, form.values
    redirects = as_switch(values.get("redirect_stderr_to_stdout"))
    processes = form.whole("max_processes_and_or_threads")
    return Ask(
        language_id=language.number,
        language=language.language,
        file_name=language.file_name,
        source_code=form.data("source_code"),
        stdin=form.data("stdin"),
        expected_output=form.data("expected_output"),
        compiler_options=_compiler_options(form, language),
        command_line_arguments=form.options(
            "command_line_arguments",
            "command line arguments",
            is_enabled=config.enable_command_line_arguments,
        ),
        additional_files=as_bytes(values.get("additional_files"), encoded=True) or None,
        callback_url=_callback_url(form),
        cpu_time_limit=form.number("cpu_time_limit"),
        cpu_extra_time=form.number("cpu_extra_time"),
        wall_time_limit=form.number("wall_time_limit"),
        memory_limit=form.whole("memory_limit"),
        stack_limit=form.whole("stack_limit"),
        max_processes_and_or_threads=(
            None if processes == config.max_processes_and_or_threads else processes
        ),
        max_file_size=form.whole("max_file_size"),
        number_of_runs=form.whole("number_of_runs"),
        redirect_stderr_to_stdout=(
            config.redirect_stderr_to_stdout if redirects is None else redirects
        ),
    )


def _language(form: _Form, catalogue: Catalogue) -> Listed | None:
    name, given = "language_id", as_text(form.values.get("language_id"))
    if not given:
        form.complain(name, _BLANK)
        form.complain(name, "language with id  doesn't exist")
        return None
    number = int(_number(given, 0) or 0)
    language = catalogue.listed.get(number)
    if language is None and number in catalogue.archived:
        form.complain(name, f"language with id {number} is archived and cannot be used anymore")
    elif language is None:
        form.complain(name, f"language with id {number} doesn't exist")
    return language


def _compiler_options(form: _Form, language: Listed) -> str | None:
    name = "compiler_options"
    enabled = form.config.enable_compiler_options
    text = form.options(name, "compiler options", is_enabled=enabled)
    if text is not None and language is not _NO_LANGUAGE and not language.is_compiled:
        form.complain(name, "setting compiler options is only allowed for compiled languages")
    return text


def _callback_url(form: _Form) -> str | None:
    url = as_text(form.values.get("callback_url")) or None
    if url is not None and not form.config.enable_callbacks:
        form.complain("callback_url", "setting callback is not allowed")
    if url is not None and len(url) > _LONGEST_URL:
        form.complain("callback_url", _TOO_LONG.format(_LONGEST_URL))
    return url


def _check_sizes(form: _Form, ask: Ask) -> None:
    for name in _TEXTS:
        if len(getattr(ask, name) or b"") > MAX_FIELD_BYTES:
            form.complain(name, _TOO_LARGE)


def _check_source(form: _Form, ask: Ask) -> None:
    is_blank = not (ask.source_code or b"").strip()
    if ask.language_id == MULTI_FILE and not is_blank:
        form.complain("source_code", _NOT_BLANK)
    if ask.language_id != MULTI_FILE and is_blank:
        form.complain("source_code", _BLANK)


def _check_files(form: _Form, ask: Ask) -> None:
    name = "additional_files"
    if ask.additional_files is None:
        if ask.language_id == MULTI_FILE:
            form.complain(name, _BLANK)
        return
    if not form.config.enable_additional_files:
        form.complain(name, "setting additional files is not allowed")
        return
    if name in form.wrong:
        return
    try:
        unzipped(ask.additional_files, most_bytes=form.config.max_extract_size * 1024)
    except BadArchive as bad:
        form.complain(name, bad.problem)


def _most_of(name: str) -> str:
    return f"max_{name}"


def _number(value: object, usual: float) -> float | None:
    """The number that is meant, `usual` where there is none, None for what is no number."""
    text = None if isinstance(value, bool) else as_text(value)
    if value is None or (text is not None and not text.strip()):
        return usual
    if text is not None and len(text) > _LONGEST_NUMBER:
        return None
    try:
        number = float(text or "no")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
