"""Settings of the judge server."""

from datetime import timedelta

import pytest

from config.bad_setting import BadSetting
from config.judge_server import Judge0Config, JudgeServerSettings, judge0_config
from config.settings import load_settings


def loaded(**values: str) -> JudgeServerSettings:
    named = {f"ASSAY_JUDGE_SERVER_{name.upper()}": value for name, value in values.items()}
    environment = {"ASSAY_HOME": ":memory:", **named}
    return load_settings(environment=environment, dotenv=None).judge_server


def test_it_needs_no_settings() -> None:
    settings = loaded()
    assert (settings.host, settings.port) == ("127.0.0.1", 2358)
    assert (settings.tokens, settings.admin_tokens) == ((), ())
    assert settings.kept_for == timedelta(days=1)
    assert settings.config == Judge0Config()
    settings.check_admission()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104
def test_off_loopback_it_needs_a_token(host: str) -> None:
    with pytest.raises(BadSetting, match="ASSAY_JUDGE_SERVER_TOKENS"):
        loaded(host=host).check_admission()
    loaded(host=host, tokens="one two").check_admission()


def test_tokens_are_not_shown() -> None:
    settings = loaded(tokens="secret-one", admin_tokens="secret-two")
    assert settings.tokens == ("secret-one",)
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        "no_such=1",
        "max_queue_size",
        "max_queue_size=x",
        "max_queue_size=-1",
        "max_queue_size=1.5",
        "cpu_time_limit=nan",
        "cpu_time_limit=inf",
        "enable_callbacks=yes",
        "cpu_time_limit=16",
        "enable_network=true",
        "allow_enable_network=true",
        "allow_enable_per_process_and_thread_time_limit=true",
    ],
)
def test_what_cannot_be_said_to_judge0_s_clients_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="ASSAY_JUDGE_SERVER_CONFIG"):
        judge0_config(text)


def test_judge0_s_names_are_its_own() -> None:
    config = judge0_config(" max_cpu_time_limit=60, cpu_time_limit=20,enable_callbacks=false,")
    assert (config.max_cpu_time_limit, config.cpu_time_limit) == (60.0, 20.0)
    assert config.enable_callbacks is False
