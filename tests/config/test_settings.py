"""The environment is read once, strictly, and refused in one clear line."""

from pathlib import Path

import pytest

from config.bad_setting import BadSetting
from config.services import QueueKind
from config.setting_list import SETTINGS
from config.settings import load_settings

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
        ("ASSAY_BLOB_CACHE_MIB", "plenty"),
        ("ASSAY_COMPILE_CACHE_MIB", "-1"),
        ("MYSQL_URI", "postgres://user:pass@host/db"),
        ("MYSQL_URI", "mysql://user:pass@host"),
        ("MYSQL_URI", "mysql://user:pass@host:port/db"),
        ("MONGO_URI", "http://host:27017/"),
        ("MONGO_URI", "mongodb://"),
        ("REDIS_URL", "localhost:6379"),
        ("RABBITMQ_URL", "http://host:5672"),
        ("KAFKA_BROKER_URL", "host"),
        ("KAFKA_TOPIC", "a topic"),
        ("JUDGE0_URL", "judge0.example.org"),
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


PRODUCTION = {
    "MYSQL_URI": "mysql://user:pass@db.example/assay",
    "MONGO_URI": "mongodb://mongo.example:27017/",
    "AWS_BUCKET_NAME": "tests",
    "AWS_ACCESS_KEY": "key",
    "AWS_SECRET_KEY": "hidden-aws",
    "REDIS_URL": "redis://:hidden-redis@redis.example:6379/0",
    "SECRET_KEY": GOOD_SECRET,
}


def test_the_usual_names_of_services_are_taken_as_they_stand(tmp_path: Path) -> None:
    settings = load_settings(environment={"ASSAY_HOME": str(tmp_path)} | PRODUCTION, dotenv=None)

    assert settings.services.mysql_uri == PRODUCTION["MYSQL_URI"]
    assert settings.services.mongo_uri == PRODUCTION["MONGO_URI"]
    assert settings.services.s3 is not None
    assert settings.services.s3.bucket == "tests"
    assert settings.services.queue is QueueKind.REDIS
    assert settings.is_production
    assert not settings.may_judge_weakly
    assert "hidden" not in repr(settings)
    assert "pass@" not in repr(settings)


@pytest.mark.parametrize(
    ("more", "queue"),
    [
        ({"RABBITMQ_URL": "amqp://guest:guest@rabbit.example/"}, QueueKind.RABBITMQ),
        ({"KAFKA_BROKER_URL": "kafka.example:9092, other:9093"}, QueueKind.KAFKA),
        (
            {"KAFKA_BROKER_URL": "kafka:9092", "RABBITMQ_URL": "amqp://rabbit.example/"},
            QueueKind.KAFKA,
        ),
    ],
)
def test_kafka_goes_before_rabbitmq_and_rabbitmq_before_redis(
    tmp_path: Path, more: dict[str, str], queue: QueueKind
) -> None:
    environment = {"ASSAY_HOME": str(tmp_path)} | PRODUCTION | more

    assert load_settings(environment=environment, dotenv=None).services.queue is queue


@pytest.mark.parametrize("missing", ["MYSQL_URI", "AWS_BUCKET_NAME"])
def test_a_remote_queue_with_a_local_store_is_refused_unless_the_home_is_shared(
    tmp_path: Path, missing: str
) -> None:
    environment = {"ASSAY_HOME": str(tmp_path)} | PRODUCTION
    del environment[missing]

    with pytest.raises(BadSetting, match=missing):
        load_settings(environment=environment, dotenv=None)
    load_settings(environment=environment | {"ASSAY_SHARED_HOME": "on"}, dotenv=None)


def test_servers_that_share_a_database_have_to_be_given_their_common_key(tmp_path: Path) -> None:
    environment = {"ASSAY_HOME": str(tmp_path)} | PRODUCTION
    del environment["SECRET_KEY"]

    with pytest.raises(BadSetting, match="SECRET_KEY"):
        load_settings(environment=environment, dotenv=None)


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "mysql").write_text(PRODUCTION["MYSQL_URI"] + "\n")
    environment = {"ASSAY_HOME": str(tmp_path)} | PRODUCTION
    del environment["MYSQL_URI"]
    environment["MYSQL_URI_FILE"] = str(tmp_path / "mysql")

    settings = load_settings(environment=environment, dotenv=None)

    assert settings.services.mysql_uri == PRODUCTION["MYSQL_URI"]
    with pytest.raises(BadSetting, match="both"):
        load_settings(environment=environment | {"MYSQL_URI": "mysql://a/b"}, dotenv=None)
    with pytest.raises(BadSetting, match="MYSQL_URI_FILE"):
        load_settings(
            environment=environment | {"MYSQL_URI_FILE": str(tmp_path / "none")}, dotenv=None
        )


@pytest.mark.parametrize("content", ["", " \n"])
def test_a_file_without_a_secret_is_not_taken_for_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    environment = {"ASSAY_HOME": ":memory:", "JUDGE0_API_KEY_FILE": str(tmp_path / "key")}

    with pytest.raises(BadSetting, match="JUDGE0_API_KEY_FILE names a file that holds nothing"):
        load_settings(environment=environment, dotenv=None)


@pytest.mark.parametrize("path", ["", "  "])
def test_a_file_without_a_name_is_not_taken_for_none(path: str) -> None:
    environment = {"ASSAY_HOME": ":memory:", "SECRET_KEY_FILE": path}

    with pytest.raises(BadSetting, match="SECRET_KEY_FILE is empty"):
        load_settings(environment=environment, dotenv=None)


def test_a_workers_figures_leave_the_machine_only_with_a_token() -> None:
    environment = {"ASSAY_HOME": ":memory:", "ASSAY_WORKER_METRICS_HOST": "0.0.0.0"}  # noqa: S104

    with pytest.raises(BadSetting, match=r"WORKER_METRICS_HOST .* ASSAY_METRICS_TOKEN"):
        load_settings(environment=environment, dotenv=None)

    settings = load_settings(environment=environment | {"ASSAY_METRICS_TOKEN": "t"}, dotenv=None)
    assert settings.worker_metrics == ("0.0.0.0", 0)  # noqa: S104
