"""The demo's admin at a second start."""

from pathlib import Path

import pytest

from application.use_cases.log_in import LogIn, SignIn
from config.container import Container, close
from config.settings import load_settings
from config.start import open_stores
from domain.errors import NotSignedIn
from domain.ids import UserId
from domain.user import Role, User
from entrypoints.demo.admin import EMAIL, PASSWORD_FILE, demo_admin


async def test_a_look_at_the_password_leaves_no_sign_in_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(environment={"ASSAY_HOME": str(tmp_path)}, dotenv=None)
    container = Container(settings=settings)
    await open_stores(container)
    made: list[SignIn] = []
    log_in = LogIn.__call__

    async def noted(self: LogIn, *, email: str, password: str) -> SignIn:
        made.append(await log_in(self, email=email, password=password))
        return made[-1]

    monkeypatch.setattr(LogIn, "__call__", noted)

    first = await demo_admin(container, settings)
    again = await demo_admin(container, settings)

    assert first == again
    with pytest.raises(NotSignedIn):
        await _authenticate_anew(container, made[-1])
    await close(container)


async def test_who_is_no_admin_any_more_is_not_told_of(tmp_path: Path) -> None:
    settings = load_settings(environment={"ASSAY_HOME": str(tmp_path)}, dotenv=None)
    container = Container(settings=settings)
    await open_stores(container)
    await demo_admin(container, settings)
    await container.create_admin()(email="boss@example.org", password="a long enough one")  # noqa: S106
    admin_id = await _id_of(container, EMAIL)
    await container.update_user()(admin_id, role=Role.CANDIDATE)

    told = await demo_admin(container, settings)

    assert told is None
    assert not (tmp_path / PASSWORD_FILE).exists()
    await close(container)


async def _authenticate_anew(container: Container, signed_in: SignIn) -> None:
    claims = container.tokens().read_access(signed_in.access.value)
    container.authenticate().forget(claims.session_id)
    await container.authenticate()(signed_in.access.value)


async def _id_of(container: Container, email: str) -> UserId:
    async with container.storage().read() as unit:
        user: User | None = await unit.users.by_email(email)
    assert user is not None
    return user.id
