"""What holds for every stream processor, whichever there are."""

import ast
import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from kafka import TopicPartition

from bus import clients, records, topics
from headwater.docs import FOLDER
from headwater.verification.progress import read_by
from streams.context import Context
from streams.errors import NoSuchProcessor, SharedGroup
from streams.processor import Message, Periodic, Processor
from streams.processors import chosen, processors
from streams.settings import StreamSettings
from streams.worker import Worker
from tests.conftest import REPOSITORY, WarehouseUrls
from warehouse import Warehouse, WarehouseError

ALL = processors()
NAMES = [each.name for each in ALL]
#: Refusals are kept for a while only.
NOW_MS = int(time.time() * 1000)
every = pytest.mark.parametrize("processor", ALL, ids=NAMES)
FOLDERS = REPOSITORY / "streams" / "processors"


def _beside(processor: Processor, name: str) -> bytes:
    return (FOLDERS / processor.name / name).read_bytes()


def test_processors_are_found_with_names_of_their_own() -> None:
    assert {path.name for path in FOLDERS.glob("[!_]*")} == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_no_position_belongs_to_two_processors() -> None:
    places = [(each.reads_as, each.topic.name) for each in ALL]
    assert len(places) == len(set(places))


def test_positions_of_installations_carry_over() -> None:
    """What the group has committed on these topics before there were groups of others."""
    known = {each.topic.name for each in ALL if each.reads_as == "headwater-streams"}
    assert known == {
        "xapi.statements", "learning.events", "directory.people", "kpi.observations",
        "xapi.rejected", "work.signals",
    }  # fmt: skip


@every
def test_its_topic_is_declared(processor: Processor) -> None:
    assert processor.topic in topics.ALL
    assert processor.take > 0 < processor.within


@every
def test_its_code_is_short_and_says_what_it_adds(processor: Processor) -> None:
    text = _beside(processor, "__init__.py").decode()
    first = (ast.get_docstring(ast.parse(text)) or "").splitlines()[0]
    assert first.startswith(f"{processor.topic.name} → ")
    assert len(text.splitlines()) <= 150


@every
def test_it_is_documented(processor: Processor) -> None:
    row = next(
        line
        for line in (FOLDER / "processors.md").read_text("utf-8").splitlines()
        if line.startswith(f"| `{processor.name}` ")
    )
    assert f"`{processor.topic.name}`" in row
    assert f"`{processor.reads_as}`" in row


def test_an_unknown_one_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(NoSuchProcessor, match=", ".join(NAMES)):
        chosen("fact")


@every
def test_it_runs_alone_where_no_other_has_its_group(processor: Processor) -> None:
    others = [e.name for e in ALL if e.reads_as == processor.reads_as and e is not processor]
    if others:
        with pytest.raises(SharedGroup, match=f"{processor.reads_as} with {', '.join(others)}, "):
            chosen(processor.name)
    else:
        assert chosen(processor.name) == (processor,)


@every
def test_a_verification_waits_for_it_after_those_who_write_its_topic(processor: Processor) -> None:
    order = read_by()
    mine = order.index((processor.reads_as, processor.topic))
    writers = [each for each in ALL if processor.topic.name in each.outputs]
    assert all(order.index((each.reads_as, each.topic)) < mine for each in writers)


def test_a_verification_waits_for_refusals_last() -> None:
    order = [topic.name for _, topic in read_by()]
    first = order.index(topics.REJECTED.name)
    assert set(order[first:]) == {topics.REJECTED.name}


class Assigned:
    """A runner, as far as it is asked which partitions a group has here."""

    def __init__(self, **groups: set[TopicPartition]) -> None:
        self._groups = groups

    def assigned(self, group: str) -> set[TopicPartition]:
        return self._groups[group]


def test_the_shared_group_says_which_worker_leads() -> None:
    """A processor with a group of its own may hold the same partition in another worker."""
    given: Any = {"pseudonym_key": "ab" * 16}
    own = Processor("toy", topics.EVENTS, 1, 1.0, ALL[0].handle, output="ops.beat_rows")
    worker = Worker(StreamSettings(**given), [*ALL, own])
    assert not worker.leads(topics.EVENTS)
    place = {TopicPartition(topics.EVENTS.name, 0)}
    for ours, toys, leads in ((place, set(), True), (set(), place, False)):
        worker._runner = Assigned(**{topics.WORKER_GROUP: ours, own.reads_as: toys})  # type: ignore[assignment]
        assert worker.leads(topics.EVENTS) is leads


def test_what_one_worker_does_alone_the_others_leave() -> None:
    given: Any = {"pseudonym_key": "ab" * 16}
    worker = Worker(StreamSettings(**given), ALL)
    place = TopicPartition(topics.PEOPLE.name, 0)

    async def done(assigned: set[TopicPartition]) -> list[str]:
        """What was done until something that every worker does was done three times."""
        worker._runner = Assigned(**{topics.WORKER_GROUP: assigned})  # type: ignore[assignment]
        said: list[str] = []
        thrice = asyncio.Event()

        async def run(name: str) -> None:
            said.append(name)
            if said.count("any") == 3:
                thrice.set()

        some = (
            Periodic("alone", 0.001, lambda _: run("alone"), leader=topics.PEOPLE),
            Periodic("any", 0.001, lambda _: run("any")),
        )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(worker._again(each)) for each in some]
            await thrice.wait()
            for task in tasks:
                task.cancel()
        return said

    assert "alone" not in asyncio.run(done(set()))
    assert "alone" in asyncio.run(done({place}))


def test_an_error_that_is_over_is_not_told_any_more() -> None:
    given: Any = {"pseudonym_key": "ab" * 16}
    worker = Worker(StreamSettings(**given), ALL)
    errors: list[WarehouseError] = [WarehouseError("it is broken")]

    async def run(_: Context) -> None:
        if errors:
            raise errors.pop()

    asyncio.run(worker._once(Periodic("toy", 1.0, run)))
    assert worker.last_error == "toy: it is broken"
    asyncio.run(worker._once(Periodic("toy", 1.0, run)))
    assert worker.last_error == ""


def test_only_one_file_knows_faust() -> None:
    found = set()
    folders = [each for each in REPOSITORY.iterdir() if each.name not in (".venv", "tests")]
    for path in (path for each in folders for path in each.rglob("*.py")):
        if "faust" not in (text := path.read_text("utf-8")):
            continue
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(name.split(".")[0] == "faust" for name in names):
                found.add(str(path.relative_to(REPOSITORY)))
    assert found == {"streams/app.py"}


def _messages(processor: Processor) -> list[Message]:
    """Its examples, as the topic would hold them."""
    headers = ((records.SOURCE_HEADER, b"lrs:test"),)
    return [
        Message(processor.topic.name, 0, offset, NOW_MS, b"key", value, headers)
        for offset, value in enumerate(_beside(processor, "examples.jsonl").splitlines())
    ]


class Outcome:
    """What a processor leaves behind: rows in the warehouse, and records on its own topics."""

    def __init__(self, processor: Processor, kafka: str, store: Warehouse) -> None:
        self._sql = _beside(processor, "outcome.sql").decode()
        self._store = store
        self._consumer = clients.blocking_consumer(kafka)
        mine = [topic for topic in topics.ALL if topic.name in processor.outputs]
        self._places = [TopicPartition(t.name, n) for t in mine for n in range(t.partitions)]
        if self._places:
            self._consumer.assign(self._places)

    def rows(self) -> list[Any]:
        """The rows that stand now."""
        return list(self._store.query(self._sql))

    def sent(self) -> list[Any]:
        """What was sent to its topics since this was asked before; at first nothing."""
        if not self._places:
            return []
        found = []
        ends = self._consumer.end_offsets(self._places)
        while any(self._consumer.position(place) < end for place, end in ends.items()):
            for some in self._consumer.poll(500).values():
                found += [(each.topic, each.partition, each.key, each.value) for each in some]
        return sorted(found)

    def close(self) -> None:
        self._consumer.close()


@pytest.mark.integration
@every
def test_the_same_messages_twice_leave_the_same(
    processor: Processor, kafka: str, warehouse: WarehouseUrls, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"clickhouse": warehouse.admin, "pseudonym_key": "ab" * 16}
    settings = StreamSettings(kafka=kafka, data=tmp_path, **given)

    async def once() -> None:
        context = Context(settings)  # a worker that begins anew remembers nothing
        try:
            await processor.handle(context, _messages(processor))
        finally:
            await context.close()

    outcome = Outcome(processor, kafka, Warehouse(warehouse.admin))
    try:
        before = outcome.rows()
        outcome.sent()
        asyncio.run(once())
        first, sent = outcome.rows(), outcome.sent()
        asyncio.run(once())
        assert first != before, "its examples leave nothing that outcome.sql would show"
        assert outcome.rows() == first
        assert outcome.sent() == sent
        assert bool(sent) == any(topic.name in processor.outputs for topic in topics.ALL)
    finally:
        outcome.close()
