"""deploy/make-secrets.sh, run in a folder of its own."""

import json
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.settings import Settings, load_settings
from tests.deployment.files import DEPLOY, compose, our_services, services

ROUTE = "/run/secrets/"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("deployment") / "secrets"
    make(path)
    return path


def make(path: Path) -> None:
    script = str(DEPLOY / "make-secrets.sh")
    subprocess.run([script, str(path)], check=True, timeout=60)  # noqa: S603 - a file of ours


def contents(path: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in path.iterdir()}


def settings_of(name: str, folder: Path, home: Path) -> Settings:
    """What `assay` makes of a service's environment, with the secrets where they lie here."""
    given = services()[name]["environment"]
    environment = {key: text.replace(ROUTE, f"{folder}/") for key, text in given.items()}
    environment |= {"ASSAY_HOME": str(home), "ASSAY_HOST": "0.0.0.0"}  # noqa: S104
    return load_settings(environment=environment, dotenv=None)


def test_every_secret_of_compose_is_made(folder: Path) -> None:
    wanted = {Path(one["file"]).name for one in compose()["secrets"].values()}

    assert set(contents(folder)) == wanted


def test_the_folder_is_its_owners_and_containers_can_read_the_files(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o444}


def test_a_second_run_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    make(folder)

    assert contents(folder) == before


def test_two_deployments_have_no_secret_in_common(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "secrets"
    make(other)
    shared = set(contents(folder).items()) & set(contents(other).items())

    assert shared == {("judge0_api_key", "\n")}


def test_a_secret_that_was_removed_is_made_anew_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    make(path)
    before = contents(path)
    (path / "secret_key").unlink()
    make(path)
    changed = {name for name, text in contents(path).items() if text != before[name]}

    assert changed == {"secret_key"}


@pytest.mark.parametrize("name", sorted(our_services()))
def test_the_program_accepts_what_a_service_is_given(
    name: str, folder: Path, tmp_path: Path
) -> None:
    settings = settings_of(name, folder, tmp_path)

    assert settings.secret_key == contents(folder)["secret_key"].strip().encode()
    assert not (tmp_path / "secret-key").exists()


@pytest.mark.parametrize("name", ["mysql_uri", "mongo_uri", "redis_url", "rabbitmq_url"])
def test_an_address_leads_to_a_service_with_the_password_that_it_has(
    name: str, folder: Path
) -> None:
    files = contents(folder)
    address = urlsplit(files[name].strip())
    kept = {
        "mysql_uri": files["mysql_password"],
        "mongo_uri": files["mongo_password"],
        "redis_url": files["redis_conf"],
        "rabbitmq_url": files["rabbitmq_conf"],
    }

    assert address.hostname in services()
    assert len(address.password or "") == 64
    assert kept[name].rstrip().endswith(address.password or "")


def test_the_object_store_knows_the_keys_and_gives_them_one_bucket(folder: Path) -> None:
    files = contents(folder)
    [identity] = json.loads(files["s3_json"])["identities"]
    bucket = services()["api"]["environment"]["AWS_BUCKET_NAME"]

    assert identity["credentials"] == [
        {
            "accessKey": files["aws_access_key"].strip(),
            "secretKey": files["aws_secret_key"].strip(),
        }
    ]
    assert {action.partition(":")[2] for action in identity["actions"]} == {bucket}
