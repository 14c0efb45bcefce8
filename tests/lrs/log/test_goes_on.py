"""What follows Kafka goes on after a broker that was silent for a while, whatever its client does.

aiokafka's Fetcher.close() cancels its pending fetches and awaits each: one that is in its back-off
raises CancelledError out of consumer.stop(). So closing after an error could end the task that
closed, and nobody saw it: Consistent-Through stood still for good, and revoked credentials stayed.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiokafka
import pytest
from aiokafka.errors import KafkaTimeoutError

from bus import clients
from bus.topics import CREDENTIALS
from lrs.access.credential_log import CredentialLog
from lrs.access.credential_records import encode, made
from lrs.access.credentials import Credentials
from lrs.errors import Unauthorized
from lrs.log.tail import Log
from streams.recorder.recorder import Recorder
from streams.settings import StreamSettings
from tests.waiting import comes

pytestmark = pytest.mark.integration


def silent_broker(monkeypatch: pytest.MonkeyPatch, client: str, at: int) -> list[int]:
    """The broker does not say where a topic ends, once, while a fetch is in its back-off."""
    real = aiokafka.AIOKafkaConsumer.end_offsets
    calls: list[int] = []

    async def end_offsets(self: Any, partitions: Any) -> Any:
        if self._client._client_id == client:
            calls.append(len(calls) + 1)
            if len(calls) == at:
                self._fetcher._pending_tasks.add(asyncio.create_task(asyncio.sleep(5)))
                await asyncio.sleep(0.01)
                raise KafkaTimeoutError("Failed to get offsets by times in 40000 ms")
        return await real(self, partitions)

    monkeypatch.setattr(aiokafka.AIOKafkaConsumer, "end_offsets", end_offsets)
    return calls


@asynccontextmanager
async def lasting(work: Any) -> AsyncIterator["asyncio.Task[Any]"]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_the_log_is_followed_on(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = silent_broker(monkeypatch, "headwater-lrs-log", 6)

    async def scenario() -> None:
        log = Log(kafka, tmp_path, interval=0.1)
        async with lasting(log.run()) as task:
            await comes(lambda: len(calls) >= 6 or task.done())
            stood = log.frontier
            await comes(lambda: log.frontier > stood or task.done())
            assert not task.done(), "the follower ended in silence"
            assert log.frontier > stood, "Consistent-Through stands still for good"
            assert log.problems == []

    asyncio.run(scenario())


def test_a_revoked_credential_is_refused_afterwards(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = silent_broker(monkeypatch, "headwater-lrs-credentials", 1)
    credential, secret = made("tool", ["all"], {"mbox": "mailto:tool@example.org"}, "2026-01-01")
    name = credential.name.encode()
    header = "Basic " + base64.b64encode(f"tool:{secret}".encode()).decode()
    with clients.blocking_producer(kafka, acks="all") as producer:
        producer.send(CREDENTIALS.name, key=name, value=encode(credential)).get(10)

        async def scenario() -> None:
            known = Credentials([], "https://lrs.example.org")
            async with lasting(CredentialLog(kafka, known).run()) as task:
                await comes(lambda: calls and (known.complete or task.done()))
                assert not task.done(), "nobody follows the credentials any more"
                assert known.principal(header).name == "tool"
                producer.send(CREDENTIALS.name, key=name, value=None)
                producer.flush(10)
                await comes(lambda: known.known(header) is None or task.done())
                with pytest.raises(Unauthorized):
                    known.principal(header)

        asyncio.run(scenario())


def test_the_recorder_reports_on(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its report ended for good with the first answer of Kafka's that was late."""
    reports: list[int] = []

    async def report(self: Recorder) -> None:
        reports.append(1)
        raise KafkaTimeoutError("Failed to get offsets by times in 40000 ms")

    monkeypatch.setattr(Recorder, "_report", report)

    async def scenario() -> None:
        recorder = Recorder(StreamSettings(kafka=kafka))
        async with lasting(recorder._beat()) as task:
            await comes(lambda: len(reports) > 1 or task.done())
            assert not task.done(), "the figures that the page shows stand still"
            assert "40000 ms" in recorder.last_error

    asyncio.run(scenario())
