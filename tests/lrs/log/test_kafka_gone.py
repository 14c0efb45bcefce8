"""What a client sees when Kafka goes away and comes back: 503, then success; nothing half-done."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from uuid import uuid4

import pytest

from bus.declaration import ensure_topics
from headwater.embedded import kafka as broker
from lrs.access.credentials import Principal
from lrs.errors import Unavailable
from lrs.log.batching import BatchedLog
from lrs.log.publisher import KafkaPublisher
from tests.conftest import free_port
from tests.lrs.fakes import FakeLog
from xapi.batch import Reading, Stamp, read


@pytest.fixture
def lonely_broker(tmp_path):
    """A broker of its own, which a test may stop."""
    port = free_port()
    bootstrap = f"127.0.0.1:{port}"
    argv = ["-m", "headwater.embedded.kafka", "--data", str(tmp_path), "--port", str(port)]
    process = subprocess.Popen([sys.executable, *argv])
    broker.wait_ready(bootstrap, process, seconds=180)
    ensure_topics(bootstrap)
    yield bootstrap, process
    process.send_signal(signal.SIGCONT)
    process.terminate()
    process.wait(30)


@pytest.mark.integration
def test_a_broker_that_stands_still_is_503_within_its_time_and_then_goes_on(lonely_broker):
    bootstrap, process = lonely_broker
    publisher = KafkaPublisher(bootstrap, seconds=2)
    sharing = BatchedLog(publisher, FakeLog(), waiting_limit=2000)
    sender = Principal("test", "lrs:test", Stamp({"mbox": "mailto:lrs@corp.invalid"}))

    async def durable(size=400):
        statement = {
            "id": str(uuid4()),
            "actor": {"mbox": "mailto:a@b.c"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/asked"},
            "object": {"id": f"https://a.invalid/{'x' * size}"},
        }
        await sharing.durable(read(json.dumps(statement).encode(), Reading(sender.stamp)), sender)

    async def work():
        running = asyncio.create_task(publisher.run())
        async with asyncio.timeout(30):
            while not await publisher.ready():  # noqa: ASYNC110 - a broker has no event
                await asyncio.sleep(0.02)
        await durable()
        process.send_signal(signal.SIGSTOP)
        # Until the last of its threads stands still.
        await asyncio.to_thread(os.waitpid, process.pid, os.WUNTRACED)
        started = asyncio.get_running_loop().time()
        waiting = [asyncio.create_task(durable()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too much waits"):
            await durable(1000)
        for each in waiting:
            with pytest.raises(Unavailable):
                await each
        assert asyncio.get_running_loop().time() - started < 12
        process.send_signal(signal.SIGCONT)
        async with asyncio.timeout(30):
            while True:
                try:
                    await durable(1900)  # nothing is left over of what waited
                except Unavailable:
                    continue
                break
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())
