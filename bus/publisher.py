"""The way from connectors and loaders into Kafka: one producer of kafka-python.

`publish` hands a message to the producer's own thread and returns a future; it is done when the
broker has acknowledged (`acks=all`).
"""

import re
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Self

from kafka.errors import KafkaError

from bus import clients
from bus.errors import BrokerUnavailable
from bus.topics import MEBIBYTE, REJECTED_MAX_BYTES

#: How long a broker may take to say that it is there.
READY_SECONDS = 1.0

#: What kafka-python writes before a message: a number, the class of the error.
_CLASS = re.compile(r"^(\[Error -?\d+\] )?\w+(Error|Exception)\b:? ?")

Headers = Sequence[tuple[str, bytes]]


class Publisher:
    """A connection to Kafka for writing; usable from any thread, and as a context manager.

    Raises BrokerUnavailable, from `publish` or from the future, where Kafka does not take it.
    """

    def __init__(self, bootstrap: clients.At, *, seconds: float = 10.0, linger_ms: int = 5) -> None:
        self.bootstrap = bootstrap
        self.seconds = seconds
        milliseconds = int(seconds * 1000)
        try:
            self._producer = clients.blocking_producer(
                bootstrap,
                client_id="headwater-producer",
                acks="all",
                # An idempotent producer whose request for its id is lost with the broker waits for
                # the answer for good: nothing is sent and nothing expires any more. A retry that
                # writes twice does no harm, as every message says what it is.
                enable_idempotence=False,
                linger_ms=linger_ms,
                batch_size=256 * 1024,
                max_request_size=REJECTED_MAX_BYTES + MEBIBYTE,
                max_block_ms=milliseconds,
                bootstrap_timeout_ms=milliseconds,
                request_timeout_ms=milliseconds,
                delivery_timeout_ms=milliseconds + linger_ms,
                retry_backoff_ms=50,
            )
        except (KafkaError, OSError, ValueError) as error:
            raise BrokerUnavailable(
                f"Kafka at {bootstrap} does not answer: {said(error)}"
            ) from error

    def publish(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> "Future[None]":
        """Sends one message; the future is done when the broker has acknowledged it.

        Without a value it tells a compacted topic to forget the key.
        """
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # who stops waiting for it does not take it back
        try:
            sending = self._producer.send(topic, key=key, value=value, headers=list(headers))
        except (KafkaError, AssertionError) as error:
            raise BrokerUnavailable(
                f"Kafka at {self.bootstrap} does not take it: {said(error)}"
            ) from error
        sending.add_callback(lambda _: done.set_result(None))
        sending.add_errback(lambda error: done.set_exception(self._unavailable(error)))
        return done

    def ready(self) -> bool:
        """Whether a broker answers; waits a second at most."""
        if not self.alive:
            return False
        answered = threading.Event()
        asked = self._producer._metadata.request_update()
        asked.add_both(lambda _: answered.set())
        self._producer._sender.wakeup()
        return bool(answered.wait(READY_SECONDS) and asked.succeeded())

    @property
    def alive(self) -> bool:
        """Whether the producer's own thread lives: without it nothing is ever sent."""
        return bool(self._producer._sender.is_alive())

    def flush(self, seconds: float | None = None) -> None:
        """Waits until everything published is acknowledged."""
        try:
            self._producer.flush(seconds if seconds is not None else self.seconds)
        except KafkaError as error:
            raise BrokerUnavailable(
                f"Kafka at {self.bootstrap} is too slow: {said(error)}"
            ) from error

    def close(self) -> None:
        """Sends what waits, and lets go."""
        self._producer.close(timeout=self.seconds)

    def _unavailable(self, error: object) -> BrokerUnavailable:
        return BrokerUnavailable(f"Kafka at {self.bootstrap} did not acknowledge: {said(error)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def said(error: object) -> str:
    """An error of kafka-python's in words."""
    return _CLASS.sub("", str(error)) or "it gives no reason"
