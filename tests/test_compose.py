"""compose.yaml and the image cannot rot: what they name exists, and each command runs as they start it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

from tests.servers import Process, free_port

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "dsar"}
DSAR = str(Path(sys.executable).with_name("dsar"))
SETUP_SYSTEM_PACKAGES = re.findall(
    r"^demo\|has_(?!python)[^|]*\|([^|]*)\|", (ROOT / "scripts/setup").read_text(), re.MULTILINE
)


def options(service: str, flag: str) -> dict[str, str]:
    """The name=value words that follow a flag in a service's command."""
    command = SERVICES[service]["command"]
    values = [value for word, value in pairwise(command) if word == flag]
    return dict(value.split("=", 1) for value in values)


# -- what stands in the file ---------------------------------------------------------------------


def test_it_names_the_services_of_the_distributed_way() -> None:
    assert set(OURS) == {"migrate", "web", "worker", "scheduler"}
    assert set(SERVICES) - set(OURS) == {"postgres", "redis"}


def test_what_postgres_has_confirmed_outlives_a_power_cut() -> None:
    durable = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    assert options("postgres", "-c").items() >= durable.items()
    assert any(v.startswith("database:") for v in SERVICES["postgres"]["volumes"])
    assert "database" in COMPOSE["volumes"]


def test_redis_never_drops_a_message_to_make_room() -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


@pytest.mark.parametrize("name", ["postgres", "redis", "web"])
def test_whatever_answers_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@pytest.mark.parametrize("name", sorted(set(OURS) - {"migrate"}))
def test_nothing_of_ours_starts_before_the_tables_are_there(name: str) -> None:
    waits = {other: how["condition"] for other, how in OURS[name]["depends_on"].items()}
    assert waits == {"migrate": "service_completed_successfully", "redis": "service_healthy"}
    assert OURS["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", sorted(OURS))
def test_ours_run_without_privileges(name: str) -> None:
    service = OURS[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_password_comes_from_outside_and_is_demanded() -> None:
    passwords = [
        value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if "PASSWORD" in name
    ]
    assert len(passwords) == len(OURS) + 1
    assert all(re.fullmatch(r"\$\{\w+:\?[^}]+\}", value) for value in passwords)


def test_only_the_pages_are_reachable_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    assert COMPOSE["networks"]["inside"]["internal"]
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]


# -- the image -------------------------------------------------------------------------------------


def test_the_image_runs_dsar_as_an_ordinary_user_on_what_the_setup_installs() -> None:
    text = (ROOT / "Dockerfile").read_text()
    final = text[text.rindex("FROM") :]
    assert re.search(r"^USER dsar$", final, re.MULTILINE)
    assert 'ENTRYPOINT ["dsar"]' in final
    assert [package for package in SETUP_SYSTEM_PACKAGES if package not in final] == []
    assert text.count("--require-hashes") == 2


def test_the_wheel_carries_every_file_of_the_packages(tmp_path: Path) -> None:
    """Templates, regimes and migrations are no Python, and easily left behind."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    present = {
        str(path.relative_to(ROOT))
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert present - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_build_sees_all_that_the_dockerfile_copies() -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    needed = {"pyproject.toml", "README.md", "requirements.txt", "requirements-build.txt"}
    assert allowed == needed | {"dsar", "workers", "exports", "templates"}
    assert all((ROOT / name).exists() for name in allowed)


# -- the commands, run ---------------------------------------------------------------------------


@pytest.fixture
def environment(postgres_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """What compose.yaml gives to ours, with the local servers in the places of its own."""
    here = {
        "DSAR_CONFIG": str(tmp_path / "config/dsar.toml"),
        "DSAR_DATABASE_URL": postgres_url,
        "DSAR_REDIS_URL": redis_url,
        "DSAR_STORAGE": str(tmp_path / "storage"),
        "PGPASSWORD": "not asked for on the loopback",
    }
    shutil.copytree(ROOT / "dsar/demo/config", tmp_path / "config")
    assert set(here) == set(OURS["web"]["environment"])
    assert all(service["environment"] == OURS["web"]["environment"] for service in OURS.values())
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", **here}


@pytest.fixture
def migrated(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment after the key was made, as the file's head says, and `migrate` has run."""
    assert "compose run --rm migrate keys new" in (ROOT / "compose.yaml").read_text()
    made = Process([DSAR, "keys", "new"], log=tmp_path / "keys.log", environment=environment)
    assert made.popen.wait(60) == 0, (tmp_path / "keys.log").read_text()
    command = [DSAR, *OURS["migrate"]["command"]]
    log = tmp_path / "migrate.log"
    assert Process(command, log=log, environment=environment).popen.wait(60) == 0, log.read_text()
    return environment


@pytest.fixture
def start(migrated: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    """Start a service's command as compose.yaml has it; whatever still runs at the end is killed."""
    started: list[Process] = []

    def run(name: str, **replaced: str) -> Process:
        command = [replaced.get(word, word) for word in OURS[name]["command"]]
        process = Process([DSAR, *command], log=tmp_path / f"{name}.log", environment=migrated)
        started.append(process)
        return process

    yield run
    for process in started:
        if process.popen.poll() is None:
            process.kill()


def says_ready(process: Process) -> bool:
    """Whether one of its log lines, each a JSON object, has the word in its event."""
    lines = (line for line in process.output().splitlines() if line.startswith("{"))
    return any("ready" in str(json.loads(line).get("event", "")) for line in lines)


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_the_service_gets_ready_and_ends_in_order_when_asked(name: str, start: Any) -> None:
    process = start(name)
    process.wait_ready(lambda: says_ready(process))
    assert process.end() == 0, process.output()


@pytest.mark.postgres
@pytest.mark.redis
def test_the_pages_get_healthy_by_their_own_check_and_end_in_order(start: Any) -> None:
    port = str(free_port())
    process = start("web", **{"0.0.0.0": "127.0.0.1", "8000": port})
    check = [word.replace("8000", port) for word in OURS["web"]["healthcheck"]["test"][1:]]
    check[0] = sys.executable

    def healthy() -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
                return bool(answer.status == 200)
        except URLError:
            return False

    process.wait_ready(healthy)
    assert subprocess.run(check, check=False).returncode == 0
    assert process.end() == 0, process.output()


@pytest.mark.postgres
def test_the_migration_may_run_again(migrated: dict[str, str], tmp_path: Path) -> None:
    again = Process(
        [DSAR, *OURS["migrate"]["command"]], log=tmp_path / "again.log", environment=migrated
    )
    assert again.popen.wait(60) == 0, again.output()
