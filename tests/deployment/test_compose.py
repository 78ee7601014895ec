"""compose.yaml, read as a reviewer would."""

import re
from pathlib import PurePosixPath
from typing import Any

import pytest

from config.setting_list import SETTINGS
from entrypoints.http.service import ROUTES
from tests.deployment.files import (
    ROOT,
    compose,
    interpolated,
    of,
    option,
    our_services,
    services,
)

NAMES = sorted(services())
OURS = sorted(our_services())
STORES = sorted(set(NAMES) - set(OURS) - {"proxy"})
ONE_SHOT = {"migrate", "gc", "s3-bucket"}
SECRET = {setting.name for setting in SETTINGS if setting.secret}
KNOWN = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in SECRET}
OF_OTHERS = {
    "mysql": {
        "MYSQL_DATABASE",
        "MYSQL_USER",
        "MYSQL_PASSWORD_FILE",
        "MYSQL_ROOT_PASSWORD_FILE",
    },
    "mongo": {
        "MONGO_INITDB_DATABASE",
        "MONGO_INITDB_ROOT_USERNAME",
        "MONGO_INITDB_ROOT_PASSWORD_FILE",
    },
    "kafka": {
        "KAFKA_NODE_ID",
        "KAFKA_PROCESS_ROLES",
        "KAFKA_LISTENERS",
        "KAFKA_ADVERTISED_LISTENERS",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
        "KAFKA_CONTROLLER_LISTENER_NAMES",
        "KAFKA_CONTROLLER_QUORUM_VOTERS",
        "KAFKA_NUM_PARTITIONS",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR",
        "KAFKA_LOG_DIRS",
    },
}
"""What the other images document of their own."""


def secrets_of(service: dict[str, Any]) -> set[str]:
    listed = service.get("secrets", ())
    return {one["source"] if isinstance(one, dict) else one for one in listed}


def environment(service: str) -> dict[str, str]:
    found: dict[str, str] = services()[service].get("environment", {})
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_confined(name: str) -> None:
    service = services()[name]

    assert "privileged" not in service
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"devices", "pid", "ipc", "network_mode", "userns_mode"} & set(service)


@pytest.mark.parametrize("name", ["proxy", *OURS])
def test_our_containers_cannot_write_to_their_image(name: str) -> None:
    assert services()[name]["read_only"] is True


def test_only_the_worker_may_do_more_and_no_more_than_boxes_need() -> None:
    more = {name: one["cap_add"] for name, one in our_services().items() if "cap_add" in one}
    loosened = {name for name, one in services().items() if len(one["security_opt"]) > 1}

    assert more == {"worker": ["CHOWN", "KILL", "SETGID", "SETUID"]}
    assert loosened == {"worker"}


@pytest.mark.parametrize("name", NAMES)
def test_an_image_has_a_version(name: str) -> None:
    image = services()[name]["image"]

    assert re.search(r":\d+\.\d+", image), image
    assert "latest" not in image


@pytest.mark.parametrize("name", NAMES)
def test_a_service_has_limits_and_its_log_ends(name: str) -> None:
    service = services()[name]
    limits = service["deploy"]["resources"]["limits"]

    assert {"memory", "pids"} <= set(limits)
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_kept_up_unless_it_has_an_end(name: str) -> None:
    wanted = "no" if name in ONE_SHOT else "unless-stopped"

    assert services()[name]["restart"] == wanted


@pytest.mark.parametrize("name", sorted(set(STORES) - ONE_SHOT))
def test_a_store_says_how_it_is_and_keeps_what_it_has(name: str) -> None:
    service = services()[name]
    kept = {one.partition(":")[0] for one in service["volumes"] if isinstance(one, str)}

    assert {"test", "interval", "timeout", "retries"} <= set(service["healthcheck"])
    assert kept
    assert kept <= set(compose()["volumes"])


@pytest.mark.parametrize(
    ("name", "needed"),
    [(name, n) for name in NAMES for n in services()[name].get("depends_on", ())],
)
def test_a_service_waits_until_another_is_well(name: str, needed: str) -> None:
    link = services()[name]["depends_on"][needed]
    wanted = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"

    assert link["condition"] == wanted
    assert link.get("required", True) == ("profiles" not in services()[needed])


@pytest.mark.parametrize("name", ["api", "worker", "worker-judge0"])
def test_nothing_starts_before_the_tables_are_there(name: str) -> None:
    assert "migrate" in services()[name]["depends_on"]


def test_only_who_can_reach_a_judge0_is_told_of_it() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    told = [name for name in NAMES if "JUDGE0_URL" in environment(name)]

    assert told == ["worker-judge0"]
    assert text.count("JUDGE0_API_KEY_FILE") == 1
    assert "outside" in services()["worker-judge0"]["networks"]


@pytest.mark.parametrize("name", ["worker", "worker-judge0"])
def test_a_workers_figures_can_be_read_on_its_network_with_the_token(name: str) -> None:
    given = environment(name)

    assert given["ASSAY_WORKER_METRICS_HOST"] == "0.0.0.0"  # noqa: S104
    assert given["ASSAY_WORKER_METRICS_PORT"] == "9090"
    assert given["ASSAY_METRICS_TOKEN_FILE"] == "/run/secrets/metrics_token"  # noqa: S105 - a path


@pytest.mark.parametrize("name", [name for name in OURS if "tmpfs" in services()[name]])
def test_the_cache_of_test_data_fits_where_it_lies(name: str) -> None:
    sizes = re.findall(r"/var/lib/assay:size=(\d+)m", " ".join(services()[name]["tmpfs"]))

    assert [int(size) for size in sizes if int(size) // 2 < _cache_mib(name)] == []


def _cache_mib(name: str) -> int:
    return int(environment(name)["ASSAY_BLOB_CACHE_MIB"])


@pytest.mark.parametrize("path", ["compose.yaml", "docs/operations.md"])
def test_no_password_is_an_argument_of_a_command(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")

    assert re.findall(r"(?:--password|--pass|-p)[ =]?[\\\"']*\$", text) == []


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting(name: str) -> None:
    assert set(environment(name)) - KNOWN == set()


@pytest.mark.parametrize("name", [name for name in STORES if environment(name)])
def test_every_variable_of_another_image_is_one_that_it_documents(name: str) -> None:
    assert set(environment(name)) <= OF_OTHERS[name]


def test_what_is_taken_from_the_environment_is_a_setting_or_a_name_of_the_deployment() -> None:
    left = {name for name in interpolated() if not name.startswith("DEPLOY_")}

    assert left <= KNOWN


def test_the_example_has_every_name_that_is_taken_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    shown = set(re.findall(r"^#?([A-Z0-9_]+)=", text, flags=re.MULTILINE))

    assert shown - {"COMPOSE_PROFILES"} == interpolated()


@pytest.mark.parametrize("name", NAMES)
def test_secrets_are_files(name: str) -> None:
    given = {key for key, text in environment(name).items() if text}

    assert given & (SECRET | {"MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD"}) == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_that_is_named_is_mounted(name: str) -> None:
    service = services()[name]
    named = set(re.findall(r"/run/secrets/(\w+)", str(service)))

    assert named <= secrets_of(service)
    assert secrets_of(service) <= set(compose()["secrets"])


def test_every_secret_is_used() -> None:
    used = set().union(*(secrets_of(service) for service in services().values()))

    assert used == set(compose()["secrets"])


@pytest.mark.parametrize("name", OURS)
def test_a_worker_knows_no_secret_of_the_stores_own(name: str) -> None:
    own = {"mysql_root_password", "mongo_root_password", "s3_json", "redis_conf", "rabbitmq_conf"}

    assert secrets_of(services()[name]) & own == set()


def test_only_the_proxy_is_published() -> None:
    assert [name for name in NAMES if "ports" in services()[name]] == ["proxy"]
    assert services()["proxy"]["ports"] == ["127.0.0.1:8080:8080"]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"proxy", "worker-judge0"}))
def test_a_service_has_no_way_out(name: str) -> None:
    networks = compose()["networks"]

    assert [one for one in services()[name]["networks"] if not networks[one].get("internal")] == []


@pytest.mark.parametrize("name", ["worker", "worker-judge0"])
def test_a_worker_does_not_meet_the_proxy(name: str) -> None:
    assert "app" not in services()[name]["networks"]


def test_api_servers_believe_the_network_that_they_share_with_the_proxy_alone() -> None:
    [network] = compose()["networks"]["app"]["ipam"]["config"]
    there = [name for name in NAMES if "app" in services()[name]["networks"]]

    assert environment("api")["ASSAY_TRUSTED_PROXIES"] == network["subnet"]
    assert sorted(there) == ["api", "proxy"]


def test_files_that_are_mounted_or_read_are_there() -> None:
    mounted = [
        one["source"]
        for service in services().values()
        for one in service.get("volumes", ())
        if isinstance(one, dict) and one["type"] == "bind"
    ]
    read = re.findall(r"seccomp=(\S+)", " ".join(services()["worker"]["security_opt"]))

    assert len(mounted + read) > 2
    assert [path for path in mounted + read if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("name", [name for name in OURS if "build" in services()[name]])
def test_an_image_is_built_of_the_stage_that_it_is_named_for(name: str) -> None:
    service = services()[name]
    target = service["build"]["target"]

    assert target in {one.stage for one in of("FROM")}
    assert service["image"].startswith(f"assay-{target}:")


def test_each_worker_has_a_home_of_its_own_where_programs_may_be_started() -> None:
    [home] = services()["worker"]["volumes"]

    assert home == {"type": "volume", "target": "/var/lib/assay"}
    assert home["target"] in {one.text for one in of("VOLUME")}


def test_health_is_asked_for_where_there_is_a_route() -> None:
    routes = {path for route in ROUTES for path in route.paths}
    asked = [
        *(one.text for one in of("HEALTHCHECK") if "http" in one.text),
        str(services()["proxy"]["healthcheck"]["test"]),
    ]
    found = [re.search(r"http://127\.0\.0\.1:(\d+)(/[a-z/]+)", text) for text in asked]

    assert [match and match[2] in routes for match in found] == [True, True]


def test_ports_agree() -> None:
    said = " ".join(one.text for one in of("ENV"))
    [exposed] = [one.text for one in of("EXPOSE")]
    s3 = environment("api")["AWS_ENDPOINT_URL"]

    assert f"ASSAY_PORT={exposed}" in said
    assert [one for one in of("HEALTHCHECK") if f":{exposed}/health" in one.text]
    assert s3 == f"http://s3:{option('s3', '-s3.port'[1:])}"
    assert s3.rpartition(":")[2] in str(services()["s3"]["healthcheck"]["test"])


def test_the_bucket_that_is_made_is_the_one_that_is_used() -> None:
    assert f"-name {environment('api')['AWS_BUCKET_NAME']}\\n" in str(
        services()["s3-bucket"]["command"][0]
    )


@pytest.mark.parametrize("name", ["mongo", "redis", "s3", "mysql"])
def test_a_store_confirms_only_what_is_on_its_disk(name: str) -> None:
    wanted = {
        "mysql": "--innodb-flush-log-at-trx-commit=1 --sync-binlog=1",
        "mongo": "mongod",
        "redis": "--appendonly yes --appendfsync everysec",
        "s3": "-dir=/data",
    }
    said = " ".join(services()[name]["command"])

    assert wanted[name] in said


def test_nobody_is_stopped_before_its_own_grace_is_over() -> None:
    graces = {name: one.get("stop_grace_period", "10s") for name, one in services().items()}

    assert graces["api"] == "20s"
    assert graces["worker"] == graces["worker-judge0"] == "90s"


def test_secrets_lie_in_one_folder_that_is_never_committed() -> None:
    folders = {str(PurePosixPath(one["file"]).parent) for one in compose()["secrets"].values()}

    assert folders == {"deploy/secrets"}
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text("utf-8").split()
