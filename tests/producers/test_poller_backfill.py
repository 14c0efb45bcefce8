"""`headwater connectors poll`: history read beside the poller, killed, gone on with."""

import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from boundary import Kafka
from counted import counting, statements
from killed_poller import killed, serving
from slack_workspace import Workspace
from test_poller import Toy, intake, note_ids, notes
from test_slack import asked
from test_slack import intake as slack_intake
from test_slack_poller import Slack, busy_workspace

from bus import records
from bus.topics import CURSORS, STATEMENTS
from producers.connector import Page
from producers.connectors.slack.options import SlackOptions
from producers.polling import cursors
from producers.polling.backfill import Backfill, Covered, Found, since
from producers.polling.cursors import Cursor, Cursors
from producers.polling.errors import Refused
from producers.registry import all_connectors
from tests.conftest import REPOSITORY, free_port
from tests.topics import held
from tests.waiting import PATIENCE

NOW = datetime(2026, 3, 11, tzinfo=UTC)
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
#: Of a Slack that is busy or broken now and then, and never forgets a place.
PASSING = ("429", "500", "503", "internal_error")


class Steady(Slack):
    """A Slack whose faults pass: nothing is read again for them."""

    def _fault(self, method: str, asked: dict[str, str]) -> str:
        return self._chance.choice(PASSING) if self._chance.random() < 0.08 else ""


class Command:
    """`headwater connectors poll`, in a process of its own."""

    def __init__(self, kafka: str, file: Path, day: datetime) -> None:
        told = {
            **os.environ,
            "HEADWATER_KAFKA": kafka,
            "HEADWATER_CONNECTIONS": str(file),
            "HEADWATER_SYNTHETIC": "false",
        }
        words = ("connectors", "poll", "history", "--since", f"{day:%Y-%m-%d}")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "headwater", *words],
            env=told | {"PYTHONPATH": str(REPOSITORY)}, cwd=file.parent, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def kill_after(self, slack: Slack, questions: int) -> None:
        """Kills it when so many more questions have come."""
        until, limit = slack.asked + questions, time.monotonic() + PATIENCE
        try:
            while slack.asked < until:
                assert self.process.poll() is None, self.process.communicate()[0]
                assert time.monotonic() < limit
                time.sleep(0.005)
        finally:
            self.process.kill()
            self.process.communicate()

    def said(self) -> str:
        """All that it said, when it has ended well."""
        output, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, output
        return output


def brought(kafka: str, before: int) -> list[dict[str, Any]]:
    return [
        orjson.loads(line)
        for record in held(kafka, STATEMENTS)[before:]
        if records.source(record.headers) == "hook:history"
        for line in records.lines(record.value)
    ]


@pytest.mark.integration
def test_a_back_fill_killed_three_times_brings_exactly_what_there_is_and_the_poll_nothing_more(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace: Workspace = busy_workspace()
    workspace.channels = ("C0HELP", "C0WORK")
    slack = Steady(workspace)
    monkeypatch.setenv("SLACK_SECRET", "s3cret")
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-token")
    file, before = tmp_path / "connections.toml", len(held(kafka, STATEMENTS))
    day = datetime.fromtimestamp(workspace.start, UTC) - timedelta(days=1)
    with serving(slack.answer) as site:
        file.write_text(
            '[[connection]]\nname = "history"\nconnector = "slack"\n'
            'secret = "env:SLACK_SECRET"\ntoken = "env:SLACK_TOKEN"\n'
            f'[connection.options]\nsite = "{site}"\nsettled_hours = 0\nhistory_days = 1\n'
            '[connection.options.channels]\nC0HELP = {name = "help-data", use = "help"}\n'
            'C0WORK = {name = "atlas"}\n'
        )
        chance = random.Random(4)
        for _ in range(3):
            Command(kafka, file, day).kill_after(slack, chance.randint(10, 25))
        said = Command(kafka, file, day).said()
        one = slack_intake(site=site)
        assert isinstance(one.connection.options, SlackOptions)
        events = asked(workspace, one.connection.options)
        clean = counting(statements(one, events))
        there = brought(kafka, before)
        assert counting(there).keys() == clean.keys()
        assert len(clean) > 100
        assert "goes on where it was" in said
        told: Counter[tuple[str, str]] = Counter()
        for sort, kind, count in re.findall(r"^    (\w+) (\S+): (\d+)$", said, re.MULTILINE):
            told[sort, kind] += int(count)
        once = Counter((one.map(each.kind, each.event).disposition, each.kind) for each in events)
        assert once <= told, "what a stopped run had found is told too"

        killed(
            kafka, file, free_port(), kills=0, asked=lambda: slack.asked, chance=random.Random(1)
        )
    assert counting(brought(kafka, before)).keys() == clean.keys()
    ordinary = asyncio.run(cursors.read(kafka)).of("history", "messages")
    assert ordinary
    assert "events" not in ordinary.mark, "the poller's cursor is the stream's own mark"


def backfill(toy: Toy, sink: Kafka, known: Cursors, anew: bool = False, **streams: Any) -> Backfill:
    one = intake("early", **streams)
    return Backfill(one, toy, sink, known, BEGIN, anew=anew, now=lambda: NOW)  # type: ignore[arg-type]


def known_of(sink: Kafka) -> Cursors:
    """What another process would know: the newest cursor of each key."""
    known: dict[str, Cursor] = {}
    for each in sink.messages:
        if each.topic == CURSORS.name:
            known[(each.key or b"").decode()] = msgspec.json.decode(each.value, type=Cursor)
    return Cursors(known)


async def whole(reading: AsyncIterator[Found]) -> Found:
    return [each async for each in reading][-1]


def test_counts_are_exact_over_runs_and_the_cursor_of_the_poller_stays() -> None:
    toy, sink = Toy(9), Kafka()
    toy.notes[2]["kind"] = "note.burnt"
    stops = 3

    async def stopping(client: Any, options: Any, cursor: str) -> AsyncIterator[Page]:
        """Stops after a page, and once after one whose cursor has not moved."""
        nonlocal stops
        async for page in notes(client, options, cursor):
            if stops == 2:
                yield Page(page.events, cursor)
            else:
                yield page
            if stops:
                stops -= 1
                raise Refused("the tool went away")

    async def scenario() -> Found:
        for _ in range(3):
            run = backfill(toy, sink, known_of(sink), notes=stopping)
            with pytest.raises(Refused):
                await whole(run.read("notes"))
        again = backfill(toy, sink, known_of(sink), notes=stopping)
        assert again.begun("notes")
        return await whole(again.read("notes"))

    found = asyncio.run(scenario())
    assert found.events == {("mapped", "note.written"): 8, ("unsupported", "note.burnt"): 1}
    assert found.statements == 8
    assert found.sorts == {"mapped": 8, "unsupported": 1}
    assert [since for _, since in toy.asked] == [0, 2, 2, 4, 6, 8, 9]
    keys = {each.key for each in sink.messages if each.topic == CURSORS.name}
    assert keys == {b"early/notes since 2026-03-01T00:00:00+00:00"}, "the poller's stays"
    lines = [line for value in sink.of(STATEMENTS.name) for line in records.lines(value)]
    assert {orjson.loads(line)["id"] for line in lines} == {*note_ids(2), *note_ids(9)[3:]}

    run = backfill(toy, sink, known_of(sink), anew=True, notes=notes)
    assert not run.begun("notes")
    assert asyncio.run(whole(run.read("notes"))).events.total() == 9


@pytest.mark.parametrize("tool", sorted(n for n, c in all_connectors().items() if c.poll))
def test_each_tool_can_be_asked_from_a_day_on_or_tells_all_it_has(tool: str) -> None:
    model = all_connectors()[tool].options
    given = model.model_construct()
    told = since(given, BEGIN, NOW)
    if "history_days" in model.model_fields:
        assert told.history_days == 11  # type: ignore[attr-defined]
    elif "since" in model.model_fields:
        assert told.since == BEGIN  # type: ignore[attr-defined]
    else:
        assert tool in ("hypothesis", "linkding"), f"{tool} does not say how far back it is asked"
        assert told is given


def times(*days: int) -> Iterator[datetime]:
    return (BEGIN + timedelta(days=day) for day in days)


@pytest.mark.parametrize(
    ("days", "shares"),
    [
        ((0, 5, 10), [0.0, 0.5, 1.0]),
        ((10, 5, 0), [0.0, 0.5, 1.0]),
        ((5, 5, 10), [0.0, 0.0, 1.0]),
        ((0, 10, 0, 5), [0.0, 1.0, 0.0, 0.5]),
        ((10, 0, 10, 5), [0.0, 1.0, 0.0, 0.5]),
        ((-5, 20), [0.0, 1.0]),
    ],
)
def test_how_much_is_covered_whichever_way_a_list_is_read(
    days: tuple[int, ...], shares: list[float]
) -> None:
    covered = Covered(BEGIN, NOW)
    assert [covered.share(at) for at in times(*days)] == pytest.approx(shares)


def test_streams_without_history_are_left_out() -> None:
    teams = all_connectors()["microsoft365"]
    assert teams.poll
    assert set(teams.poll.upkeep) == {"subscriptions"}
