"""The Dockerfile, read as a reviewer would."""

import re
from pathlib import Path, PurePosixPath

import pytest

from adapters.sandbox.cgroups import SERVER_LEAF
from adapters.sandbox.languages import TABLE
from config.setting_list import SETTINGS
from tests.deployment.files import ROOT, Instruction, instructions, of

COPIED = [one for one in of("COPY") if "from" not in one.options]
SOURCES = sorted({word for one in COPIED for word in one.words[:-1]})
RUNS = of("RUN")
STAGES = [one.stage for one in of("FROM")]
IMAGES = ("worker", "api")
PACKAGES = {
    "c": "gcc",
    "cpp": "g++",
    "python3": "",
    "java": "default-jdk-headless",
    "javascript": "nodejs",
    "typescript": "nodejs",
    "go": "golang-go",
    "rust": "rustc",
    "bash": "",
    "perl": "perl",
    "ruby": "ruby",
    "php": "php-cli",
    "pypy3": "pypy3",
    "lua": "lua5.4",
    "haskell": "ghc",
    "ocaml": "ocaml",
    "pascal": "fp-compiler",
    "kotlin": "kotlin",
    "csharp": "mono-mcs",
    "r": "r-base-core",
    "sqlite": "sqlite3",
}
"""What brings each language; empty where the base image has it."""


def of_stage(stage: str, name: str) -> list[Instruction]:
    return [one for one in instructions() if (one.stage, one.name) == (stage, name)]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_copied_is_there(source: str) -> None:
    assert (ROOT / source).exists()


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_copied_is_sent_to_the_builder(source: str) -> None:
    kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()

    assert f"!{source}" in kept


def test_nothing_is_sent_to_the_builder_but_what_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == SOURCES


def test_stages_are_copied_from_only_after_they_were_named() -> None:
    used = [one.options["from"] for one in of("COPY") if "from" in one.options]

    assert set(used) <= set(STAGES)


def test_a_plain_build_makes_the_api() -> None:
    assert STAGES[-1] == "api"


def test_base_images_are_named_to_the_patch_level() -> None:
    named = [
        one.text.partition("=")[2] for one in of("ARG") if one.text.endswith(("slim", "trixie"))
    ]

    assert named
    assert [name for name in named if not re.search(r":\d+\.\d+\.\d+-", name)] == []


@pytest.mark.parametrize("stage", IMAGES)
def test_an_image_runs_as_a_user_without_privileges(stage: str) -> None:
    assert of_stage(stage, "USER")[-1].text == "10001:0"


@pytest.mark.parametrize("stage", IMAGES)
def test_an_image_says_how_it_is_and_where_it_keeps_things(stage: str) -> None:
    assert len(of_stage(stage, "HEALTHCHECK")) == 1
    assert [one.text for one in of_stage(stage, "VOLUME")] == ["/var/lib/assay"]


@pytest.mark.parametrize("run", [run for run in RUNS if "apt-get install" in run.text])
def test_packages_leave_neither_lists_nor_what_was_not_asked_for(run: Instruction) -> None:
    assert "apt-get update" in run.text
    assert "--no-install-recommends" in run.text
    assert "--yes" in run.text
    assert "rm -rf /var/lib/apt/lists/*" in run.text


def test_no_step_hides_a_failure_behind_a_pipe() -> None:
    assert [run.text for run in RUNS if re.search(r"[^|]\|[^|]", run.text)] == []


@pytest.mark.parametrize("run", [run for run in RUNS if "pip " in run.text])
def test_python_packages_come_by_hash_or_from_the_wheel_alone(run: Instruction) -> None:
    installs = re.findall(r"pip .*?install .*?(?= && |$)", run.text)

    assert [one for one in installs if not re.search("--require-hashes|--no-index", one)] == []


@pytest.mark.parametrize("name", ["requirements.txt", "deploy/build-requirements.txt"])
def test_every_requirement_has_a_version_and_a_hash(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    entries = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))

    assert entries
    assert [one for one in entries if not re.search(r"==[^\n]+\\\n\s+--hash=sha256:", one)] == []


def test_npm_packages_are_named_to_the_patch_level() -> None:
    installed = [run.words for run in RUNS if run.text.startswith("npm install")]
    packages = [word for word in installed[0][2:] if word]

    assert [one for one in packages if not re.fullmatch(r".+@\d+\.\d+\.\d+", one)] == []


def test_nothing_is_fetched_past_a_package_manager() -> None:
    assert [run.text for run in RUNS if re.search(r"\b(curl|wget|git clone)\b", run.text)] == []
    assert of("ADD") == ()


def test_no_secret_is_in_an_instruction() -> None:
    secret = [setting.name for setting in SETTINGS if setting.secret]
    text = "\n".join(one.text for one in instructions())

    assert [name for name in secret if re.search(rf"\b{name}\b", text)] == []


def test_the_key_of_a_build_step_does_not_outlive_it() -> None:
    [run] = [run for run in RUNS if "assay doctor" in run.text]

    assert "ASSAY_HOME=/tmp/home" in run.text
    assert run.text.endswith("rm -rf /tmp/home")


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.id)
def test_a_worker_has_what_each_language_needs(entry: object) -> None:
    package = PACKAGES[getattr(entry, "id", "")]
    installed = " ".join(run.text for run in of_stage("worker", "RUN")).split()

    assert package in {"", *installed}


def test_a_worker_has_typescript_where_the_sandbox_looks_for_it() -> None:
    folders = [one.words[-1] for one in of_stage("worker", "COPY")]
    [link] = [run.text for run in of_stage("worker", "RUN") if "bin/tsc" in run.text]

    assert folders == [
        "/usr/local/lib/node_modules/typescript",
        "/usr/local/lib/node_modules/@types",
    ]
    assert "ln --symbolic ../lib/node_modules/typescript/bin/tsc /usr/local/bin/tsc" in link


def test_the_program_lies_where_boxes_do_not_look() -> None:
    venv = [one.words for one in of("COPY") if one.options.get("from") == "wheels"]

    assert [PurePosixPath(target).parts[1] for _, target in venv] == ["opt"]


def test_entrypoint_is_a_program() -> None:
    script = ROOT / "deploy/entrypoint.sh"

    assert script.stat().st_mode & 0o111
    assert script.read_text("utf-8").startswith("#!/bin/sh\n")
    assert script.read_text("utf-8").rstrip().endswith('exec tini -- assay "$@"')


def test_entrypoint_goes_into_the_group_that_the_sandbox_knows() -> None:
    script = (ROOT / "deploy/entrypoint.sh").read_text("utf-8")

    assert f'echo $$ >"$groups/{SERVER_LEAF}/cgroup.procs"' in script


def test_the_wheel_carries_everything_that_is_copied() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    [listed] = re.findall(r"^packages = \[(.*)\]$", project, flags=re.MULTILINE)
    folders = {source for source in SOURCES if (ROOT / source).is_dir()}

    assert set(re.findall(r'"(.*?)"', listed)) == folders


@pytest.mark.parametrize(
    "beside", ["adapters/sandbox/init.c", "adapters/sql/migrations", "entrypoints/demo/challenges"]
)
def test_what_lies_beside_the_code_is_within_what_the_wheel_carries(beside: str) -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()

    assert (ROOT / beside).exists()
    assert [name for name in Path(beside).parts if f"{name}/" in ignored] == []
