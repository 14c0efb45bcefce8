"""Who reaches the embedded broker's port reads nothing without its login, over TLS or without."""

import asyncio
import datetime
import re
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kafka.errors import KafkaError

from bus import clients
from bus.clients import Cluster
from bus.declaration import ensure_topics
from bus.topics import Topic
from headwater.embedded import kafka as broker
from tests.conftest import free_port, stop

KEPT = Topic("kept", 1)
#: The listeners that an earlier version wrote, open to whoever reaches them.
OPEN = {
    "inter.broker.listener.name": "CLIENTS",
    "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
}


@contextmanager
def running(argv: list[str], bootstrap: str) -> Iterator[None]:
    process = subprocess.Popen(argv)
    try:
        broker.wait_ready(bootstrap, process, seconds=240)
        yield
    finally:
        stop(process)


def alone(data: Path, port: int) -> list[str]:
    """The broker as a command of its own, with the folder's own login."""
    return [
        "/usr/bin/env",
        "-u",
        "HEADWATER_KAFKA_USER",
        "-u",
        "HEADWATER_KAFKA_PASSWORD",
        *(sys.executable, "-m", "headwater", "kafka"),
        *("--data", str(data), "--port", str(port)),
    ]


def write(at: Cluster, *values: bytes) -> None:
    producer = clients.blocking_producer(at, acks="all", max_block_ms=5000)
    for value in values:
        producer.send("kept", value).get(10)
    producer.close()


def read(at: Cluster) -> list[bytes]:
    consumer = clients.blocking_consumer(
        at, "kept", auto_offset_reset="earliest", consumer_timeout_ms=5000, group_id=None
    )
    found = [record.value for record in consumer]
    consumer.close()
    return found


def refused(at: Cluster) -> None:
    """Nothing is told to who comes like this: neither topics nor records."""
    with pytest.raises((KafkaError, OSError)):
        clients.blocking_admin(at, bootstrap_timeout_ms=2500).list_topics()


def controller_port(data: Path) -> int:
    found = re.search(r"CONTROLLER://127\.0\.0\.1:(\d+)", (data / "server.properties").read_text())
    assert found
    return int(found[1])


def modes(folder: Path) -> dict[str, int]:
    """The modes of a folder and of all that is in it."""
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in [folder, *folder.rglob("*")]
        if not path.is_symlink()
    }


@pytest.mark.integration
def test_strangers_read_nothing_and_the_login_everything(tmp_path: Path) -> None:
    data, port = tmp_path / "kafka", free_port()
    at = f"127.0.0.1:{port}"
    with running(alone(data, port), at):
        ours = broker.cluster(data, port)
        assert ours.protocol == "SASL_PLAINTEXT"
        ensure_topics(ours, [KEPT])
        write(ours, b"one")
        assert read(ours) == [b"one"]
        refused(Cluster(at))
        refused(replace(ours, password="wrong"))
        refused(replace(ours, user="somebody"))
        refused(replace(ours, mechanism="PLAIN"))
        inside = f"127.0.0.1:{controller_port(data)}"
        for stranger in (Cluster(inside), replace(ours, bootstrap=inside, mechanism="PLAIN")):
            refused(stranger)
            assert unanswered(stranger.bootstrap)
        assert open_to_others(data) == {}


def open_to_others(data: Path) -> dict[str, int]:
    return {name: mode for name, mode in modes(data).items() if mode & 0o077}


def unanswered(address: str) -> bool:
    """Whether a broker that is asked for its metadata without a login says nothing of them."""
    host, _, port = address.rpartition(":")
    # Metadata, version 1, of every topic; DescribeCluster asks the controller for less.
    body = b"\0\x03\0\x01\0\0\0\x07\0\x01x\xff\xff\xff\xff"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(len(body).to_bytes(4, "big") + body)
        return connection.recv(4096) == b""


@pytest.mark.integration
def test_a_folder_from_before_the_login_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, port = tmp_path / "kafka", free_port()
    at = Cluster(f"127.0.0.1:{port}")
    with monkeypatch.context() as earlier:
        earlier.setattr(broker, "_format", formatted_openly)
        argv = broker.command(data, port, more=OPEN)
    for path in (data / "login", data / "password"):
        path.unlink()
    data.chmod(0o755)
    with running(argv, str(at)):
        ensure_topics(at, [KEPT])
        write(at, b"before")
        assert read(at) == [b"before"]
    for again in range(2):
        with running(alone(data, port), str(at)):
            ours = broker.cluster(data, port)
            refused(at)
            write(ours, b"after %d" % again)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    # Another password, as when the file was lost: the folder is given it, and keeps its records.
    (data / "password").unlink()
    with running(alone(data, port), str(at)):
        refused(ours)
        assert read(broker.cluster(data, port)) == [b"before", b"after 0", b"after 1"]


def formatted_openly(run: list[str], data: Path, login: broker.Login) -> None:
    config = broker._configured(data, broker._properties(data, free_port(), login, "PLAIN", OPEN))
    argv = [*run, broker.FORMAT, "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", str(config)]
    subprocess.run(argv, check=True, capture_output=True)


@pytest.mark.integration
def test_the_environment_may_give_the_login(kafka: str) -> None:
    told = Cluster.of(kafka)
    assert (told.user, told.password) == ("tests", "tests-password")
    assert "xapi.statements" in clients.blocking_admin(told).list_topics()
    refused(Cluster(kafka))


@pytest.mark.integration
def test_no_argument_holds_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    really = subprocess.run

    def watched(argv: list[str], **options: Any) -> Any:
        ran.extend(argv)
        return really(argv, **options)

    monkeypatch.setattr(subprocess, "run", watched)
    ran += broker.command(tmp_path / "kafka", free_port())
    assert broker.FORMAT not in ran
    assert any(word.startswith("@") for word in ran)
    password = broker.own_login(tmp_path / "kafka").password
    assert not any(password in word for word in ran)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA's certificate, and a broker's certificate and key for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests' authority")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    ca = _certificate(ca_name, ca_name, ca_key.public_key(), True).sign(ca_key, hashes.SHA256())
    own = _certificate(name, ca_name, key.public_key(), False).sign(ca_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    kind, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    both = key.private_bytes(pem, kind, none) + own.public_bytes(pem)
    (folder / "broker.pem").write_bytes(both)
    return folder


def _certificate(subject: Any, issuer: Any, key: Any, ca: bool) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
    )


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory, authority: Path) -> Iterator[Cluster]:
    """A broker whose second listener speaks TLS, with a login, as a managed Kafka does."""
    data, port, inside = tmp_path_factory.mktemp("managed"), free_port(), free_port()
    login = broker.Login("managed", "managed-password")
    listeners = f"CLIENTS://127.0.0.1:{inside},TLS://127.0.0.1:{port}"
    controller = free_port()
    protocols = "CLIENTS:SASL_PLAINTEXT,TLS:SASL_SSL,CONTROLLER:SASL_PLAINTEXT"
    more = {
        "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": listeners,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listener.security.protocol.map": protocols,
        "listener.name.tls.ssl.keystore.type": "PEM",
        "listener.name.tls.ssl.keystore.location": authority / "broker.pem",
        "listener.name.tls.scram-sha-512.sasl.jaas.config": broker._jaas(broker.SCRAM, login),
    }
    argv = broker.command(data, inside, login=login, more=more)
    with running(argv, f"127.0.0.1:{port}"):
        ours = Cluster(
            f"127.0.0.1:{port}",
            tls=True,
            ca=authority / "ca.pem",
            user=login.user,
            password=login.password,
        )
        ensure_topics(ours)
        ensure_topics(ours, [KEPT])
        yield ours


@pytest.mark.integration
def test_tls_and_scram_carry_every_library(over_tls: Cluster) -> None:
    write(over_tls, b"by kafka-python")
    assert asyncio.run(_through_aiokafka(over_tls)) == b"by aiokafka"
    assert read(over_tls) == [b"by kafka-python", b"by aiokafka"]


async def _through_aiokafka(at: Cluster) -> bytes:
    producer = clients.producer(at, acks="all")
    consumer = clients.consumer(at, "kept", group_id="tls", auto_offset_reset="latest")
    admin = clients.admin(at)
    for each in (producer, consumer, admin):
        await each.start()
    try:
        assert "kept" in await admin.list_topics()
        while not consumer.assignment():
            await consumer.getmany(timeout_ms=100)
        for partition in consumer.assignment():
            await consumer.position(partition)
        await producer.send_and_wait("kept", b"by aiokafka")
        return bytes((await consumer.getone()).value)
    finally:
        for stopped in (producer.stop(), consumer.stop(), admin.close()):
            await stopped


@pytest.mark.integration
def test_a_broker_that_another_authority_vouches_for_is_not_trusted(over_tls: Cluster) -> None:
    refused(replace(over_tls, ca=None))
    refused(replace(over_tls, tls=False))
    refused(replace(over_tls, password="wrong"))
    with pytest.raises(ssl.SSLCertVerificationError):
        _hello(over_tls, "localhost.example")


def _hello(at: Cluster, name: str) -> None:
    host, _, port = at.bootstrap.rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        at.context().wrap_socket(plain, server_hostname=name),
    ):
        pass
