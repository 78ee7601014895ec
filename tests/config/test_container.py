"""Every use case is built with an adapter of each port that it is annotated with."""

import sqlite3
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from dependency_injector.providers import Provider, Selector, Singleton

from adapters.memory.storage import MemoryStorage
from adapters.sql.storage import SqlStorage
from config.bad_setting import BadSetting
from config.container import Container, close
from config.settings import Settings, load_settings
from config.start import open_stores

HOMES = ("folder", ":memory:")


def _settings(tmp_path: Path, home: str) -> Settings:
    chosen = str(tmp_path) if home == "folder" else home
    return load_settings(environment={"ASSAY_HOME": chosen}, dotenv=None)


def _providers() -> Iterator[tuple[str, Provider[object]]]:
    for name, provider in Container.providers.items():
        if isinstance(provider, Singleton | Selector):
            yield name, provider


@pytest.mark.parametrize("home", HOMES)
async def test_every_provider_builds_what_its_users_are_annotated_with(
    tmp_path: Path, home: str
) -> None:
    container = Container(settings=_settings(tmp_path, home))

    built = {name: getattr(container, name)() for name, _ in _providers()}

    wrong = [
        f"{name}.{field}: {type(value).__name__} is no {port.__name__}"
        for name, thing in built.items()
        for field, port, value in _fields_with_ports(thing)
        if port not in type(value).__mro__
    ]
    assert wrong == []
    await close(container)


def _fields_with_ports(thing: object) -> Iterator[tuple[str, type, object]]:
    if not is_dataclass(thing):
        return
    hints = typing.get_type_hints(type(thing))
    for field in fields(thing):
        if isinstance(hints[field.name], type):
            yield field.name, hints[field.name], getattr(thing, field.name)


def test_every_use_case_has_a_provider_of_its_name() -> None:
    files = {path.stem for path in Path("application/use_cases").glob("[!_]*.py")}

    assert files <= set(Container.providers)


@pytest.mark.parametrize(("home", "storage"), [("folder", SqlStorage), (":memory:", MemoryStorage)])
async def test_the_home_chooses_where_things_are_kept(
    tmp_path: Path, home: str, storage: type
) -> None:
    container = Container(settings=_settings(tmp_path, home))

    assert isinstance(container.storage(), storage)
    await close(container)


async def test_what_is_built_is_built_once(tmp_path: Path) -> None:
    container = Container(settings=_settings(tmp_path, "folder"))

    assert container.submit_code() is container.submit_code()
    assert container.submit_code().storage is container.list_challenges().storage
    await close(container)


async def test_the_data_of_a_later_version_is_left_alone_in_one_clear_line(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "assay.db") as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    container = Container(settings=_settings(tmp_path, "folder"))

    with pytest.raises(BadSetting, match="9999") as refused:
        await open_stores(container)

    assert "\n" not in str(refused.value)
    await close(container)
