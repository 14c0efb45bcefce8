"""The runner on faust: the only file that knows it. `streams/plain.py` is the same without.

faust joins the group, reads, and calls; what is committed we decide. It acknowledges a batch
however it ends: done, failed, cancelled by a stop. It also acknowledges what it skips after a
rebalance, and takes a hole in the offsets for something that was done. So its acknowledgements
count for nothing here (`streams.batches`).
"""

import asyncio
import functools
import gc
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, cast

import faust
import uvloop
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from mode import Service

from bus import clients
from bus.topics import MEBIBYTE
from serving.tasks import end_process
from streams.batches import Taken, Work
from streams.done import Done, Place
from streams.processor import Message
from streams.settings import StreamSettings

log = logging.getLogger(__name__)

#: How often aiokafka is asked whether it gave its group up, in seconds.
ASK_EVERY = 1.0


class Consumer(driver.Consumer):
    """faust's consumer, which commits what is done and heeds no acknowledgement."""

    @Service.task
    async def _membership(self) -> None:
        """aiokafka tells why it gave up joining to whoever asks. faust does not: it would wait."""
        while not self.should_stop:
            await self.sleep(ASK_EVERY)
            try:
                await self._thread.call_thread(self._ask)
            except KafkaError as error:
                log.exception("the worker is not in its group any more")
                group = self.app.conf.id
                end_process(f"worker failed: group {group} was given up with {error!r:.300}")
                return

    async def _getmany(self, *asked: Any, **more: Any) -> Any:
        """What there is; of a topic whose next records are gone no more is read."""
        try:
            return await super()._getmany(*asked, **more)
        except OffsetOutOfRangeError as error:
            app = cast(App, self.app)
            for partition, offset in dict(error.args[0]).items():
                app.works[partition.topic].gone(app.conf.id, Place(*partition), offset)
            gaps = [p for p in self.assignment() if app.works[p.topic].gap]
            self.pause_partitions(gaps)
            return {}

    async def _ask(self) -> None:
        """Within the thread of aiokafka; raises what ended or stopped its membership.

        In aiokafka 0.14 only what also reads, waits or seeks says this to its callers. A read of
        nothing (`getmany` of a partition that is not ours) would do, but counts as a sign of life:
        a worker that stands still would never lose its partitions. A listener of rebalances hears
        nothing, for none comes. So its check itself is called (tests/streams/test_membership.py).
        """
        consumer = self._thread._consumer
        if consumer is not None:
            consumer._coordinator.check_errors()

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commits what is done. A commit that came too late for its group is not tried again."""
        done = self._done
        assigned = {Place(*place) for place in self.assignment()}
        offsets: dict[Any, int] = {p: at for p, at in done.due().items() if p in assigned}
        if not offsets or not await self._commit_offsets(offsets):
            return False
        done.committed(offsets)
        return True

    async def perform_seek(self) -> None:
        """Reading starts where the group left off; what is done counts from there."""
        await super().perform_seek()
        self._done.start(
            {Place(*place): at for place, at in self._read_offset.items() if at is not None}
        )

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        """Whoever gets the partitions starts at what is committed: nothing is owed here."""
        self._done.forget()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        """What was done in an earlier generation does not count in this one."""
        self._done.forget()
        await super().on_partitions_assigned(assigned, generation_id)

    @property
    def _done(self) -> Done:
        return cast(App, self.app).done

    def verify_event_path(self, now: float, tp: Any) -> None:
        """faust would judge by its own acknowledgements; how far we are is in ops.beats."""


class Transport(driver.Transport):
    """faust's transport with our consumer."""

    Consumer = Consumer


class App(faust.App):
    """faust's app with our consumer, and with something to close at its end."""

    def __init__(
        self, group: str, bootstrap: str, closing: Callable[[], Awaitable[None]], **options: Any
    ) -> None:
        self.done = Done()
        #: The processors of the group, by their topic.
        self.works: dict[str, Work] = {}
        self.bootstrap = bootstrap
        self._closing = closing
        super().__init__(
            group,
            broker=f"kafka://{bootstrap}",
            broker_credentials=_credentials(bootstrap),
            **options,
        )

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    async def on_shutdown(self) -> None:
        """Everything has stopped."""
        await super().on_shutdown()
        await self._closing()


def _credentials(bootstrap: str) -> Any:
    """What faust's `broker_credentials` takes; None where there is neither TLS nor a login."""
    cluster = clients.Cluster.of(bootstrap)
    context = cluster.context() if cluster.tls else None
    if cluster.user:
        return faust.SASLCredentials(
            username=cluster.user,
            password=cluster.password,
            mechanism=cluster.mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


class _App(App):
    """faust takes a task or a timer that was cancelled for one that is done, and says nothing."""

    def task(self, fun: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Declares a task, as faust does; where it fails, or is cancelled, the worker ends."""
        if fun is None:
            return lambda given: self.task(given, **options)
        return super().task(self._guarded(fun), **options)

    def _guarded(self, fun: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        name = fun.__qualname__.replace(".<locals>", "")

        @functools.wraps(fun)
        async def guarded() -> Any:
            try:
                return await fun()
            except BaseException as error:  # a cancellation too, where nobody stops the worker
                if not self.should_stop:
                    log.exception("the worker's task %s failed", name)
                    end_process(f"worker failed: its task {name} ended with {error!r:.300}")
                raise

        return guarded


class Runner:
    """Runs processors on faust, an app for each consumer group."""

    def __init__(
        self,
        settings: StreamSettings,
        works: Sequence[Work],
        beside: Callable[[], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        groups = dict.fromkeys(work.processor.reads_as for work in works)
        self._apps = {group: _app(group, settings, close) for group in groups}
        for work in works:
            _agent(self._apps[work.processor.reads_as], work)
        next(iter(self._apps.values())).task(beside)
        gc.freeze()  # faust imports most of itself when an app is made

    def assigned(self, group: str) -> Collection[TopicPartition]:
        """The partitions of a group that this worker consumes."""
        return _Reading(self._apps[group]).assigned()

    async def stopped(self) -> None:
        """Returns when the worker is being stopped."""
        app = next(iter(self._apps.values()))
        while not app.should_stop:
            await app.sleep(0.2)

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT."""
        first, *others = self._apps.values()
        with open(os.devnull, "w") as nowhere:  # faust draws a spinner there
            faust.Worker(
                first,
                *others,
                loglevel="WARNING",
                redirect_stdouts=False,
                quiet=True,
                stdout=nowhere,
                override_logging=False,
            ).execute_from_commandline()


class _Reading:
    """What `streams.batches` asks of a group."""

    def __init__(self, app: _App) -> None:
        self._app = app
        self.done = app.done

    def generation(self) -> int:
        return int(self._app.consumer_generation_id)

    def stopping(self) -> bool:
        return bool(self._app.should_stop)

    def assigned(self) -> Collection[TopicPartition]:
        consumer = self._app.consumer
        return cast(Collection[TopicPartition], consumer.assignment() if consumer else set())

    def unpack(self, item: Any) -> Taken:
        read = item.message
        headers = read.headers or ()
        return Taken(
            read.generation_id,
            Message(
                read.topic,
                read.partition,
                read.offset,
                int(read.timestamp * 1000 + 0.5),
                read.key,
                read.value,
                tuple(headers.items() if isinstance(headers, dict) else headers),
            ),
        )


def _app(group: str, settings: StreamSettings, close: Callable[[], Awaitable[None]]) -> _App:
    return _App(
        group,
        settings.kafka,
        close,
        store="memory://",
        datadir=str(settings.data.resolve() / "worker"),
        value_serializer="raw",
        key_serializer="raw",
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,
        stream_buffer_maxsize=2_048,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=1.0,
        broker_max_poll_interval=3_600.0,
        broker_request_timeout=3_660.0,
        consumer_auto_offset_reset="none",
        consumer_max_fetch_size=4 * MEBIBYTE,
        web_enabled=False,
        loghandlers=[],
    )


def _agent(app: _App, work: Work) -> None:
    source = app.topic(work.processor.topic.name, value_serializer="raw", key_serializer="raw")

    async def agent(stream: Any) -> None:
        await work.run(stream.channel.queue, _Reading(app))

    app.agent(source, name=work.processor.name)(agent)
    app.works[work.processor.topic.name] = work
