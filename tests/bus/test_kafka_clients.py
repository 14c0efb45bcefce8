"""Kafka's clients are made in one place, which takes the way in from the settings."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bus.clients import Cluster
from bus.errors import NotConfigured
from bus.settings import KafkaSettings
from streams.app import _credentials as faust_credentials

REPOSITORY = Path(__file__).parents[2]
HOME = REPOSITORY / "bus" / "clients.py"
#: What a client of aiokafka's or kafka-python's is called; faust's are made by its app.
LIBRARIES = ("aiokafka", "kafka")
CLIENTS = frozenset(
    {
        "AIOKafkaAdminClient",
        "AIOKafkaClient",
        "AIOKafkaConsumer",
        "AIOKafkaProducer",
        "KafkaAdminClient",
        "KafkaClient",
        "KafkaConsumer",
        "KafkaProducer",
    }
)


def made(source: str) -> Iterator[str]:
    """Where a module makes a client of Kafka itself, under whatever name it imports it."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in LIBRARIES
        for alias in node.names
        if alias.name in CLIENTS
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        named = isinstance(called, ast.Name) and called.id in names | CLIENTS
        reached = isinstance(called, ast.Attribute) and called.attr in CLIENTS
        passed = any(isinstance(each, ast.Name) and each.id in names for each in node.args)
        if named or reached or passed:
            yield f"line {node.lineno}: {ast.unparse(node)[:80]}"


def test_every_client_of_kafka_is_made_in_one_place() -> None:
    ignored = {".venv", ".git", "node_modules"}
    folders = [each for each in REPOSITORY.iterdir() if each.is_dir() and each.name not in ignored]
    every = [*REPOSITORY.glob("*.py"), *(p for each in folders for p in each.rglob("*.py"))]
    modules = [path for path in every if path != HOME]
    assert len(modules) > 200
    found = [
        f"{path.relative_to(REPOSITORY)}, {where}"
        for path in modules
        if "afka" in (text := path.read_text("utf-8"))
        for where in made(text)
    ]
    assert found == [], "make it by bus.clients, which knows TLS and the login"


@pytest.mark.parametrize(
    "source",
    [
        "from kafka import KafkaProducer\nKafkaProducer()",
        "from aiokafka import AIOKafkaConsumer as C\nC('topic')",
        "import aiokafka.admin\naiokafka.admin.AIOKafkaAdminClient()",
        "import kafka as k\nk.KafkaConsumer()",
        "import functools as f\nfrom kafka import KafkaConsumer as C\nf.partial(C, a=1)",
    ],
)
def test_a_client_that_is_made_elsewhere_is_found(source: str) -> None:
    assert len(list(made(source))) == 1


def test_the_scan_knows_where_clients_are_made() -> None:
    assert len(list(made(HOME.read_text("utf-8")))) == 6


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing of Kafka."""
    for name in ("TLS", "CA", "MECHANISM", "USER", "PASSWORD"):
        monkeypatch.delenv(f"HEADWATER_KAFKA_{name}", raising=False)
    return monkeypatch


def test_without_settings_the_way_in_is_open(plain: pytest.MonkeyPatch) -> None:
    cluster = Cluster.of("a:1,b:2")
    assert cluster.options() == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "PLAINTEXT",
    }
    assert faust_credentials(cluster) is None


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize(("tls", "protocol"), [("0", "SASL_PLAINTEXT"), ("1", "SASL_SSL")])
def test_settings_name_the_way_in(
    plain: pytest.MonkeyPatch, mechanism: str, tls: str, protocol: str
) -> None:
    plain.setenv("HEADWATER_KAFKA_TLS", tls)
    plain.setenv("HEADWATER_KAFKA_MECHANISM", mechanism)
    plain.setenv("HEADWATER_KAFKA_USER", "us")
    plain.setenv("HEADWATER_KAFKA_PASSWORD", "secret")
    cluster = Cluster.of("a:1")
    told = cluster.options()
    assert told["security_protocol"] == protocol
    assert told["sasl_mechanism"] == mechanism
    assert (told["sasl_plain_username"], told["sasl_plain_password"]) == ("us", "secret")
    assert ("ssl_context" in told) == (tls == "1")
    credentials = faust_credentials(cluster)
    assert credentials.protocol.value == protocol
    assert credentials.mechanism.value == mechanism
    assert (credentials.ssl_context is not None) == (tls == "1")
    assert Cluster.read(json.loads(json.dumps(cluster.described()))) == cluster
    for name, value in cluster.environment().items():
        plain.setenv(name, value)
    assert Cluster.of("a:1") == cluster


def test_tls_alone_is_a_way_in(plain: pytest.MonkeyPatch) -> None:
    plain.setenv("HEADWATER_KAFKA_TLS", "1")
    told = Cluster.of("a:1").options()
    assert told["security_protocol"] == "SSL"
    assert told["ssl_context"].check_hostname
    assert faust_credentials("a:1").protocol.value == "SSL"


def test_a_password_is_never_shown(plain: pytest.MonkeyPatch) -> None:
    plain.setenv("HEADWATER_KAFKA_USER", "us")
    plain.setenv("HEADWATER_KAFKA_PASSWORD", "top-secret")
    cluster = Cluster.of("a:1")
    assert "top-secret" not in f"{cluster!r} {cluster} {KafkaSettings()!r}"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"USER": "us"}, "go together"),
        ({"PASSWORD": "p"}, "go together"),
        ({"CA": "/ca.pem"}, "HEADWATER_KAFKA_TLS=1"),
        ({"CA": "/none.pem", "TLS": "1"}, "no file"),
    ],
)
def test_settings_that_cannot_be_meant_are_told(
    plain: pytest.MonkeyPatch, told: dict[str, str], said: str
) -> None:
    for name, value in told.items():
        plain.setenv(f"HEADWATER_KAFKA_{name}", value)
    with pytest.raises(NotConfigured, match=said):
        Cluster.of("a:1")
