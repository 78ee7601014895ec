"""What is sent of a program and its limits, and what this Judge0 cannot do."""

import base64
import io
import zipfile
from dataclasses import replace

import pytest

from adapters.judge0.languages import Offer, offers
from adapters.judge0.orders import Order, order_of
from adapters.judge0.wire import Config
from application.ports.judge import JobRefused, ProgramOptions
from domain.ids import LanguageId
from domain.limits import Limits
from domain.program import Program, SourceFile, several_files, single_file
from tests.adapters.judge0.judging import job
from tests.adapters.judge0.test_languages import RELEASE, named

USUAL = Config()


def _offer(language: str) -> Offer:
    return offers(named(RELEASE))[LanguageId(language)]


def _order(
    program: Program | None = None,
    *,
    language: str = "python3",
    limits: Limits | None = None,
    config: Config = USUAL,
) -> Order:
    what = job(language=language, program=program, limits=limits or Limits())
    return order_of(what, _offer(language), config)


def _files(entry_point: str | None = None, **contents: str) -> Program:
    """`main_py="..."` is a file called main.py."""
    return several_files(
        tuple(SourceFile(name=n.replace("_", "."), content=text) for n, text in contents.items()),
        entry_point,
    )


def _beside(order: Order) -> dict[str, str]:
    packed = base64.b64decode(str(order.common["additional_files"]))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def _source(order: Order) -> str:
    return base64.b64decode(str(order.common["source_code"])).decode()


# --- limits ------------------------------------------------------------------------------------


def test_limits_are_sent_in_judge0s_units() -> None:
    order = _order(limits=Limits(time_ms=1_500, memory_kib=65_536, output_kib=2_000))
    assert {
        "cpu_time_limit": 1.5,
        "cpu_extra_time": 0.15,
        "wall_time_limit": 3.5,
        "memory_limit": 65_536,
        "max_file_size": 2_001,
    }.items() <= order.common.items()


def test_nothing_is_left_to_what_the_server_is_set_to() -> None:
    order = _order()
    assert order.common["enable_network"] is False
    assert order.common["number_of_runs"] == 1
    assert order.common["stack_limit"] == 128_000
    assert "expected_output" not in order.with_input(b"1")


def test_small_output_limits_leave_a_runtime_its_own_files() -> None:
    assert _order(limits=Limits(output_kib=1)).common["max_file_size"] == 1_024


def test_what_follows_from_the_limits_is_cut_to_what_the_server_allows() -> None:
    order = _order(limits=Limits(time_ms=15_000))
    assert order.common["wall_time_limit"] == 20.0
    assert order.common["max_file_size"] == 4_096
    assert order.kept_bytes == 4_096 * 1_024


@pytest.mark.parametrize(
    ("limits", "config", "numbers"),
    [
        (Limits(time_ms=15_001), USUAL, ("15001", "15000")),
        (Limits(time_ms=5_001), Config(max_wall_time_limit=5.0), ("5001", "5000")),
        (Limits(memory_kib=512_001), USUAL, ("512001", "512000")),
    ],
)
def test_limits_that_this_judge0_does_not_allow_are_named_with_its_own(
    limits: Limits, config: Config, numbers: tuple[str, str]
) -> None:
    with pytest.raises(JobRefused) as refusal:
        _order(limits=limits, config=config)
    assert all(number in refusal.value.reason for number in numbers)


# --- programs ----------------------------------------------------------------------------------


def test_a_bare_source_is_sent_alone() -> None:
    order = _order(single_file("print('ü')\r\n"))
    assert _source(order) == "print('ü')\r\n"
    assert "additional_files" not in order.common


def test_other_files_lie_beside_the_main_one_which_keeps_its_name_too() -> None:
    order = _order(_files("b.py", a_py="A = 1", b_py="import a"))
    assert _source(order) == "import a"
    assert _beside(order) == {"a.py": "A = 1", "b.py": "import a"}


def test_a_main_file_by_judge0s_own_name_is_there_once() -> None:
    order = _order(_files(script_py="import a", a_py="A = 1"))
    assert _beside(order) == {"a.py": "A = 1"}


@pytest.mark.parametrize(
    ("language", "files", "options"),
    [
        ("c", {"main_c": "", "a_c": "", "a_h": ""}, "-O2 -std=gnu17 -lm a.c"),
        ("cpp", {"main_cpp": "", "a_cc": "", "a_h": ""}, "-O2 -std=gnu++17 a.cc"),
        ("go", {"main_go": "", "a_go": ""}, "a.go"),
        ("rust", {"main_rs": "", "a_rs": ""}, "-O"),
    ],
)
def test_compilers_that_do_not_find_further_sources_are_told_of_them(
    language: str, files: dict[str, str], options: str
) -> None:
    assert _order(_files(**files), language=language).common["compiler_options"] == options


def test_a_compiler_without_options_gets_none() -> None:
    assert "compiler_options" not in _order(single_file("class Main {}"), language="java").common


def test_options_that_are_only_good_to_have_are_left_out_where_they_are_not_allowed() -> None:
    config = Config(enable_compiler_options=False)
    order = _order(single_file("int main() {}"), language="c", config=config)
    assert "compiler_options" not in order.common


@pytest.mark.parametrize(
    ("language", "files", "config"),
    [
        ("python3", {"a_py": "", "b_py": ""}, Config(enable_additional_files=False)),
        ("c", {"main_c": "", "b_c": ""}, Config(enable_compiler_options=False)),
        ("c", {"main_c": "", **{f"{'n' * 100}{n}_c": "" for n in range(6)}}, USUAL),
        ("python3", {"a_py": "", "script_py": ""}, USUAL),
    ],
    ids=["no-files", "no-options", "long-names", "name-taken"],
)
def test_programs_that_this_judge0_cannot_build_are_not_taken(
    language: str, files: dict[str, str], config: Config
) -> None:
    with pytest.raises(JobRefused):
        _order(_files(**files), language=language, config=config)


def test_options_that_would_be_dropped_are_refused() -> None:
    what = replace(job(), options=ProgramOptions(arguments=("a",)))
    with pytest.raises(JobRefused, match="options"):
        order_of(what, _offer("python3"), USUAL)
