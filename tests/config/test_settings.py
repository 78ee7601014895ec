"""The environment is read once, strictly, and refused in one clear line."""

from pathlib import Path

import pytest

from config.settings import PLANNED, SETTINGS, BadSetting, load_settings

GOOD_SECRET = "s3cr3t-" * 6


def test_nothing_set_means_embedded_on_loopback(tmp_path: Path) -> None:
    settings = load_settings(environment={"ASSAY_HOME": str(tmp_path / "home")}, dotenv=None)

    assert settings.home == tmp_path / "home"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.is_loopback
    assert settings.rate_limits
    assert settings.judge_slots >= 1


def test_the_secret_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    first = load_settings(environment={"ASSAY_HOME": str(tmp_path)}, dotenv=None)
    second = load_settings(environment={"ASSAY_HOME": str(tmp_path)}, dotenv=None)

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    settings = load_settings(
        environment={
            "ASSAY_HOME": str(tmp_path),
            "SECRET_KEY": GOOD_SECRET,
            "ASSAY_ADMIN_EMAIL": "a@b.example",
            "ASSAY_ADMIN_PASSWORD": "correct horse",
            "ASSAY_METRICS_TOKEN": "metrics-token",
        },
        dotenv=None,
    )

    shown = repr(settings)

    assert "s3cr3t" not in shown
    assert "correct horse" not in shown
    assert "metrics-token" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASSAY_HSOT", "127.0.0.1"),
        ("ASSAY_PORT", "eighty"),
        ("ASSAY_PORT", "65536"),
        ("ASSAY_PORT", "-1"),
        ("ASSAY_HOST", "example.org"),
        ("ASSAY_RATE_LIMITS", "maybe"),
        ("ASSAY_ALLOW_WEAK_SANDBOX", "1"),
        ("ASSAY_PUBLIC_URL", "ftp://example.org"),
        ("ASSAY_PUBLIC_URL", "http://[::1"),
        ("ASSAY_TRUSTED_PROXIES", "10.0.0.0/8, nonsense"),
        ("ASSAY_JUDGE_SLOTS", "0"),
        ("ASSAY_ADMIN_EMAIL", "only@half.example"),
        ("ASSAY_HOME", "/proc/nowhere"),
        *((name, "mysql://user:pass@host/db") for name in PLANNED),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line_that_names_it(
    tmp_path: Path, name: str, value: str
) -> None:
    environment = {"ASSAY_HOME": str(tmp_path)} | {name: value}

    with pytest.raises(BadSetting) as refused:
        load_settings(environment=environment, dotenv=None)

    assert refused.value.name == name
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("secret", ["short", "changeme" * 8, "your-secret-key" + "x" * 40])
def test_a_weak_secret_is_refused_off_loopback_alone(tmp_path: Path, secret: str) -> None:
    environment = {"ASSAY_HOME": str(tmp_path), "SECRET_KEY": secret}

    on_loopback = load_settings(environment=environment, dotenv=None)

    assert on_loopback.secret_key == secret.encode()
    with pytest.raises(BadSetting, match="SECRET_KEY"):
        load_settings(environment=environment | {"ASSAY_HOST": "0.0.0.0"}, dotenv=None)  # noqa: S104


def test_names_for_tests_are_ignored(tmp_path: Path) -> None:
    load_settings(environment={"ASSAY_HOME": str(tmp_path), "ASSAY_TEST_SOAK": "on"}, dotenv=None)


def test_the_env_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        f"# a comment\nexport ASSAY_HOME='{tmp_path}'\nASSAY_PORT=9000\nASSAY_HOST=\"::1\"\n"
    )

    settings = load_settings(environment={"ASSAY_PORT": "9001"}, dotenv=dotenv)

    assert (settings.home, settings.host, settings.port) == (tmp_path, "::1", 9001)


def test_an_unknown_name_in_the_env_file_is_refused_too(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("ASSAY_HMOE=/tmp\n")

    with pytest.raises(BadSetting, match="ASSAY_HMOE"):
        load_settings(environment={"ASSAY_HOME": str(tmp_path)}, dotenv=dotenv)


def test_weak_sandboxes_judge_on_loopback_alone_unless_allowed(tmp_path: Path) -> None:
    home = {"ASSAY_HOME": str(tmp_path), "SECRET_KEY": GOOD_SECRET}
    public = home | {"ASSAY_HOST": "0.0.0.0"}  # noqa: S104

    assert load_settings(environment=home, dotenv=None).may_judge_weakly
    assert not load_settings(environment=public, dotenv=None).may_judge_weakly
    allowed = public | {"ASSAY_ALLOW_WEAK_SANDBOX": "on"}
    assert load_settings(environment=allowed, dotenv=None).may_judge_weakly


def test_every_setting_is_described_once() -> None:
    names = [setting.name for setting in SETTINGS]

    assert len(names) == len(set(names))
    assert all(setting.description for setting in SETTINGS)
