"""The embedded broker is Kafka itself: it keeps what it acknowledged, whatever happens to it."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from bus import clients
from bus.declaration import ensure_topics
from bus.topics import ALL, STATEMENTS, Topic
from headwater.embedded import archive, jars
from headwater.embedded import kafka as broker
from headwater.errors import CannotStart
from tests.conftest import free_port, stop

PARTITION = TopicPartition("kept", 0)


def start(data: Path, port: int) -> subprocess.Popen[bytes]:
    argv = ["-m", "headwater.embedded.kafka", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen([sys.executable, *argv])
    broker.wait_ready(f"127.0.0.1:{port}", process, seconds=180)
    return process


def produce(bootstrap: str, values: list[bytes]) -> None:
    producer = clients.blocking_producer(bootstrap, acks="all")
    for sent in [producer.send("kept", value) for value in values]:
        sent.get(10)
    producer.close()


@pytest.mark.integration
def test_a_killed_broker_comes_back_with_everything_it_acknowledged(tmp_path: Path) -> None:
    port = free_port()
    bootstrap = f"127.0.0.1:{port}"
    process = start(tmp_path, port)
    try:
        ensure_topics(bootstrap, [Topic("kept", 1)])
        produce(bootstrap, [b"%d" % n for n in range(1000)])
        consumer = clients.blocking_consumer(
            bootstrap, group_id="readers", enable_auto_commit=False
        )
        consumer.assign([PARTITION])
        consumer.seek(PARTITION, 400)
        assert consumer.poll(timeout_ms=5000, max_records=1)[PARTITION][0].value == b"400"
        consumer.commit()
        consumer.close()

        process.send_signal(signal.SIGKILL)
        process.wait()
        started = time.monotonic()
        process = start(tmp_path, port)
        assert time.monotonic() - started < 30

        produce(bootstrap, [b"after"])
        consumer = clients.blocking_consumer(bootstrap, group_id="readers")
        consumer.assign([PARTITION])
        assert consumer.end_offsets([PARTITION])[PARTITION] == 1001
        assert consumer.committed(PARTITION) == 401
        assert consumer.position(PARTITION) == 401
        consumer.close()
    finally:
        stop(process)


@pytest.mark.integration
def test_topics_are_declared_once_as_the_table_says(kafka: str) -> None:
    assert ensure_topics(kafka) == []
    admin = clients.blocking_admin(kafka)
    try:
        partitions = {t["name"]: len(t["partitions"]) for t in admin.describe_topics()}
        assert {t.name: partitions.get(t.name) for t in ALL} == {t.name: t.partitions for t in ALL}
        asked = ConfigResource(ConfigResourceType.TOPIC, STATEMENTS.name)
        assert "LogAppendTime" in str(admin.describe_configs([asked]))
    finally:
        admin.close()


@pytest.mark.integration
def test_a_mistyped_topic_is_not_made(kafka: str) -> None:
    producer = clients.blocking_producer(kafka, max_block_ms=1500)
    with pytest.raises(Exception, match=r"(?i)timeout|unknown|metadata"):
        producer.send("xapi.statement", b"{}").get(3)
    producer.close()
    admin = clients.blocking_admin(kafka)
    assert "xapi.statement" not in admin.list_topics()
    admin.close()


@pytest.mark.integration
def test_a_second_broker_on_the_folder_is_refused(tmp_path: Path) -> None:
    process = start(tmp_path, free_port())
    try:
        argv = ["-m", "headwater.embedded.kafka", "--data", str(tmp_path), "--port", "0"]
        second = subprocess.run([sys.executable, *argv], capture_output=True, text=True)
    finally:
        stop(process)
    assert second.returncode == 1
    assert "another broker uses" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_every_jar_is_locked_and_no_host_is_named() -> None:
    locked = jars.locked()
    assert len(locked) > 40
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in locked)
    assert {jar.version for jar in locked if jar.artifact == "kafka-clients"} == {"4.3.0"}
    assert "://" not in jars.LOCK.read_text()


def test_a_refused_download_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "jgo.conf"
    config.write_text("[repositories]\ncentral = http://127.0.0.1:9\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(config))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "none"))
    with pytest.raises(CannotStart, match="could not be downloaded") as error:
        jars.class_path(folder=tmp_path / "cache")
    assert "\n" not in str(error.value)
    assert "proxy" in str(error.value).lower()


@pytest.mark.integration
def test_the_start_up_archive_fits_the_broker_that_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "path", lambda _: tmp_path / "kafka-0.aot")
    assert archive.options(broker.java()) == []
    assert archive.make() == "made a start-up archive for the broker"
    (use, *_) = archive.options(broker.java())
    strict = [str(broker.java()), use, "-XX:AOTMode=on", "-Xlog:disable", "-Xlog:all=error:stderr"]
    rest = broker.command(tmp_path / "kafka", free_port())
    main = rest[rest.index("-cp") :]
    result = subprocess.run(
        [*strict, *broker.JVM, *main[:2], "kafka.tools.StorageTool", "random-uuid"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr + result.stdout


def test_a_java_that_says_nothing_of_itself_starts_without_an_archive(tmp_path: Path) -> None:
    assert archive.path(tmp_path / "bin" / "java") is None
    assert archive.options(tmp_path / "bin" / "java") == []
