"""docker-compose.yml against the Compose specification and against what the code really has."""

import asyncio
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import typer
import yaml
from kafka.errors import KafkaError
from typer.main import get_command

from bus import clients
from bus.clients import Cluster
from bus.declaration import ensure_topics
from headwater import parts
from headwater.cli import build
from headwater.docs import fields
from headwater.embedded import kafka as broker
from headwater.part import PartSpec
from producers.following import Followed
from tests.conftest import free_port, stop
from tests.deploy.composition import schema

REPOSITORY = Path(__file__).parents[2]
COMPOSE = REPOSITORY / "docker-compose.yml"
CONNECTIONS = REPOSITORY / "deploy" / "connections" / "connections.toml"
CONNECTED = "HEADWATER_CONNECTIONS"
EXAMPLE = REPOSITORY / "deploy" / "headwater.env.example"
CONTENT: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = CONTENT["services"]
OURS = {name: each for name, each in SERVICES.items() if "build" in each}
#: The parts that are a service of our own image, and the service that does a part's work.
COMPOSED = [part for part in parts.every() if part.composed and not part.replaced_by]
DOES = {part.name: part.replaced_by or part.name for part in parts.every() if part.composed}


def test_it_is_a_compose_file() -> None:
    jsonschema.Draft7Validator(schema()).validate(CONTENT)


def test_the_schema_refuses_what_is_none() -> None:
    broken = {**CONTENT, "services": {"kafka": {"imagge": "apache/kafka"}}}
    with pytest.raises(jsonschema.ValidationError, match="imagge"):
        jsonschema.Draft7Validator(schema()).validate(broken)


def test_every_part_is_there_and_is_a_command() -> None:
    command = get_command(build())
    assert isinstance(command, typer.core.TyperGroup)
    for name, service in OURS.items():
        assert service["command"] == [name]
        assert name in command.commands
    assert set(OURS) == {part.name for part in COMPOSED}, (
        "write a service for each part, or say in its file that Compose has none (composed=False)"
    )
    assert set(SERVICES) - set(OURS) == {*(set(DOES.values()) - set(OURS)), "grafana"}


def waited_for(service: str) -> set[str]:
    """What a service waits for, by others too."""
    needed = set(SERVICES[service].get("depends_on", {}))
    return needed.union(*(waited_for(each) for each in needed))


@pytest.mark.parametrize("part", COMPOSED, ids=lambda part: part.name)
def test_what_a_part_needs_is_waited_for_as_it_ends_or_lasts(part: PartSpec) -> None:
    assert {DOES[name] for name in part.needs} <= waited_for(part.name)
    assert OURS[part.name]["restart"] == ("on-failure" if part.once else "unless-stopped")
    assert bool(part.answers) is ("healthcheck" in OURS[part.name])


def test_every_variable_is_a_setting() -> None:
    known = {field.name for field in fields()}
    for name, service in OURS.items():
        told = {key for key in service["environment"] if key.startswith("HEADWATER_")}
        assert told <= known, f"{name}: {told - known}"


def test_every_secret_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text("utf-8")))
    offered = dict(re.findall(r"(?m)^(\w+)=(.*)$", EXAMPLE.read_text("utf-8")))
    assert asked == set(offered)
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text("utf-8")))
    assert all(offered[name] == "" for name in required), "an example must hold no secret"


@pytest.mark.parametrize("part", [p for p in COMPOSED if p.answers], ids=lambda part: part.name)
def test_ports_and_health_checks_are_the_codes(part: PartSpec) -> None:
    name, listens, service = part.name, part.listens, OURS[part.name]
    assert listens is not None
    port = service["environment"][f"HEADWATER_{name.upper()}_PORT"]
    url = urlsplit(service["healthcheck"]["test"][-1])
    assert (url.hostname, str(url.port)) == ("127.0.0.1", port)
    assert url.path == listens.health
    published = service.get("ports", [])
    assert published == ([f"127.0.0.1:{port}:{port}"] if listens.login else [])
    assert port == str(listens.port)
    if published:
        assert listens.login in service["environment"]
        assert service["environment"][f"HEADWATER_{name.upper()}_HOST"] == "0.0.0.0"


def test_nothing_is_open_to_other_machines() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_is_waited_for_exists_and_can_be_waited_for() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed], f"{name} waits for {needed}"
            else:
                assert SERVICES[needed]["restart"] == "on-failure"


def test_volumes_are_declared_and_mounted_files_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (REPOSITORY / source).exists(), source
            else:
                assert source in CONTENT["volumes"]


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        tag = service["image"].partition(":")[2]
        assert re.match(r"\d+\.\d+", tag), f"{name}: {service['image']}"


def test_the_broker_is_the_version_of_the_embedded_one() -> None:
    embedded = (REPOSITORY / "headwater" / "embedded" / "jgo.toml").read_text("utf-8")
    found = re.search(r"org\.apache\.kafka:kafka_[\d.]+:([\d.]+)", embedded)
    assert found is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{found[1]}"


def composed_broker(folder: Path, password: str) -> tuple[Path, int, int]:
    """Kafka's properties as its image makes them of the environment, on free ports of loopback.

    The ports of the parts' listener and of the one that is published.
    """
    service = SERVICES["kafka"]["environment"]
    inside, outside, controller = free_port(), free_port(), free_port()
    text = "".join(
        f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={value}\n"
        for name, value in service.items()
        if name.startswith("KAFKA_")
    )
    text = re.sub(r"\$\{HEADWATER_KAFKA_PASSWORD:[^}]*\}", password, text)
    text = re.sub(r"://kafka:|@kafka:|://127\.0\.0\.1:|://:", _at_loopback, text)
    for port, free in ((9092, inside), (9094, outside), (9093, controller)):
        text = text.replace(f":{port}", f":{free}")
    path = folder / "server.properties"
    path.write_text(text.replace("/var/lib/kafka/data", str(folder / "log")))
    return path, inside, outside


def _at_loopback(found: re.Match[str]) -> str:
    return ("@" if found[0].startswith("@") else "://") + "127.0.0.1:"


@pytest.mark.integration
def test_the_composed_broker_asks_everybody_for_the_login(tmp_path: Path) -> None:
    path, inside, outside = composed_broker(tmp_path, "composed-password")
    run = broker._java_command(tmp_path)
    format = ["format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", str(path)]
    subprocess.run([*run, broker.FORMAT, *format], check=True, capture_output=True)
    process = subprocess.Popen([*run, broker.MAIN, str(path)])
    told = OURS["lrs"]["environment"]
    try:
        for port in (inside, outside):
            address = f"127.0.0.1:{port}"
            broker.wait_ready(address, process, seconds=180)
            ours = Cluster(
                address,
                mechanism=told["HEADWATER_KAFKA_MECHANISM"],
                user=told["HEADWATER_KAFKA_USER"],
                password="composed-password",
            )
            ensure_topics(ours)
            with pytest.raises((KafkaError, OSError)):
                clients.blocking_admin(Cluster(address), bootstrap_timeout_ms=2500).list_topics()
    finally:
        stop(process)


def test_the_engine_is_the_version_of_the_embedded_one() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text("utf-8")
    found = re.search(r"(?m)^chdb-core==(\d+\.\d+)", lock)
    assert found is not None
    assert SERVICES["clickhouse"]["image"] == f"clickhouse/clickhouse-server:{found[1]}"


def test_grafana_is_told_what_its_provisioning_reads() -> None:
    folder = REPOSITORY / "dashboards" / "grafana" / "provisioning"
    text = "".join(path.read_text("utf-8") for path in folder.rglob("*.yaml"))
    read = set(re.findall(r"\$(HEADWATER_\w+)", text))
    assert read == {name for name in SERVICES["grafana"]["environment"] if "VIEWER" in name}
    found = re.search(r"type: (grafana-\S+)", text)
    assert found is not None
    assert SERVICES["grafana"]["environment"]["GF_PLUGINS_PREINSTALL"] == found[1]
    path = re.search(r"path: (\S+)", text)
    assert path is not None
    mounted = [volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]]
    assert path[1] in mounted


def test_the_connections_file_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from producers.connections import load

    for name in re.findall(r'"env:(\w+)"', CONNECTIONS.read_text()):
        assert name in SERVICES["hooks"]["environment"]
        monkeypatch.setenv(name, "secret")
    assert set(load(CONNECTIONS)) == {"github"}


@pytest.mark.parametrize("name", [n for n, s in OURS.items() if CONNECTED in s["environment"]])
def test_connections_are_mounted_with_their_folder_and_nothing_else(name: str) -> None:
    """A file that is mounted by itself stays the old one when another takes its name."""
    (mounted,) = OURS[name]["volumes"]
    source, target, mode = mounted.split(":")
    assert mode == "ro"
    assert REPOSITORY / source == CONNECTIONS.parent
    assert OURS[name]["environment"][CONNECTED] == f"{target}/{CONNECTIONS.name}"
    assert [path for path in CONNECTIONS.parent.iterdir() if path.is_file()] == [CONNECTIONS]


def test_a_connections_file_that_is_replaced_is_seen_and_secrets_are_never_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = (CONNECTIONS.parent / "secrets").relative_to(REPOSITORY)
    assert f"/{secrets}/" in (REPOSITORY / ".gitignore").read_text().splitlines()
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "secret")
    folder = tmp_path / "connections"
    shutil.copytree(CONNECTIONS.parent, folder)
    followed = Followed(path=folder / CONNECTIONS.name)
    assert set(followed.intakes) == {"github"}
    (folder / "new").write_text(CONNECTIONS.read_text().replace('"github" ', '"forge" '))
    (folder / "new").replace(folder / CONNECTIONS.name)
    assert asyncio.run(followed.look())
    assert set(followed.intakes) == {"forge"}
