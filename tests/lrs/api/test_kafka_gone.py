"""What a client sees when Kafka goes away and comes back: 503, then success; nothing half-done."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from uuid import UUID

import pytest

from headwater.embedded import kafka as broker
from lrs.api.errors import Unavailable
from lrs.api.publisher import KafkaPublisher
from producers.topics import ensure_topics
from xapi.records import encode


@pytest.fixture
def lonely_broker(tmp_path):
    """A broker of its own, which a test may stop."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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
    publisher = KafkaPublisher(bootstrap, seconds=2, waiting_limit=1000)

    def record(size=2):
        return encode([b'"%b"' % (b"x" * size)], [UUID(int=1)], "lrs:test", "mailto:a@b.c")

    async def work():
        running = asyncio.create_task(publisher.run())
        async with asyncio.timeout(30):
            while not await publisher.ready():  # noqa: ASYNC110 - a broker has no event
                await asyncio.sleep(0.02)
        await publisher.publish(record())
        process.send_signal(signal.SIGSTOP)
        # Until the last of its threads stands still.
        await asyncio.to_thread(os.waitpid, process.pid, os.WUNTRACED)
        started = asyncio.get_running_loop().time()
        waiting = [asyncio.create_task(publisher.publish(record(400))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too much waits"):
            await publisher.publish(record(400))
        for each in waiting:
            with pytest.raises(Unavailable):
                await each
        assert asyncio.get_running_loop().time() - started < 12
        assert publisher.waiting == 0
        process.send_signal(signal.SIGCONT)
        async with asyncio.timeout(30):
            while True:
                try:
                    await publisher.publish(record())
                except Unavailable:
                    continue
                break
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(work())
