"""The demo's way: signed and acknowledged, to this machine only, and on where it stopped."""

import asyncio
import hmac
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.demo import acts, forge, life, tools
from headwater.demo.acts import PAST
from headwater.demo.connections import CONNECTED, declared
from headwater.demo.days import A_DAY, events
from headwater.demo.deliveries import SENT
from headwater.demo.errors import DemoRefused, NotSynthetic
from headwater.demo.event import Event
from headwater.demo.life import Life, sendable
from headwater.demo.organisation import HISTORY_DAYS, Organisation
from headwater.demo.progress import FILE, State, Telling, fingerprint
from headwater.demo.sender import Doors, Sender, doors
from headwater.embedded.datafolder import DataFolder
from producers.connections import Connection
from producers.intake import Intake
from producers.registry import all_connectors
from producers.signatures import Delivery

NOW = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)


def stack(**elsewhere: str) -> dict[str, Any]:
    """A stack.json, with parts at other addresses where asked for."""
    found: dict[str, Any] = {
        "lrs": {"url": "http://127.0.0.1:1", "username": "u", "password": "p"},
        "hooks": {"url": "http://127.0.0.1:2", "secrets": {"github": "s"}},
        "warehouse": {"url": "http://127.0.0.1:3", "username": "u", "password": "p"},
        "kafka": {"bootstrap_servers": "127.0.0.1:4"},
    }
    for part, address in elsewhere.items():
        key = "bootstrap_servers" if part == "kafka" else "url"
        found[part][key] = address
    return found


def folder(path: Path, described: dict[str, Any]) -> Path:
    """A data folder of a running demo stack."""
    DataFolder(path).connections("s", declared())
    (path / "synthetic").touch()
    (path / "stack.json").write_text(json.dumps(described))
    return path


class ListSender:
    """The servers' fake: keeps what is sent, and says no after `most` sendings."""

    def __init__(self, most: int = 1000) -> None:
        self.sent: list[Event] = []
        self.most = most

    async def send(self, some: list[Event]) -> None:
        """Takes events."""
        if not self.most:
            raise DemoRefused("no")
        self.most -= 1
        self.sent += some


def started(path: Path, now: datetime = NOW) -> Life:
    """The demo on a folder, its people there already."""
    state = State.read(path / FILE, now)
    assert state is not None
    state.people = True
    return Life(path, state, Doors("", ("", ""), "", {}), Telling())


# Where it may send


def test_doors_are_those_of_the_marked_folder(tmp_path: Path) -> None:
    found = doors(folder(tmp_path, stack()))
    assert found.lrs == "http://127.0.0.1:1/xapi/statements"
    assert found.hooks == "http://127.0.0.1:2"
    assert found.connected.keys() == {"github", *CONNECTED}
    assert found.connected["github"].secret == b"s"
    assert "'p'" not in repr(found)


@pytest.mark.parametrize(
    ("part", "address"),
    [
        ("lrs", "https://lrs.acme.test"),
        ("hooks", "http://10.0.0.7:8080"),
        ("warehouse", "http://localhost.acme.test:8123"),
        ("kafka", "127.0.0.1:9092,10.0.0.7:9092"),
    ],
)
def test_other_machines_get_nothing(tmp_path: Path, part: str, address: str) -> None:
    with pytest.raises(NotSynthetic, match=f"never sends to other machines: {part} is at"):
        doors(folder(tmp_path, stack(**{part: address})))


def test_a_folder_without_the_mark_gets_nothing(tmp_path: Path) -> None:
    folder(tmp_path, stack())
    (tmp_path / "synthetic").unlink()
    with pytest.raises(NotSynthetic, match="not marked"):
        doors(tmp_path)


def test_without_a_stack_the_command_to_start_one(tmp_path: Path) -> None:
    (tmp_path / "synthetic").touch()
    with pytest.raises(NotSynthetic, match="headwater up --demo"):
        doors(tmp_path)


# What is sent


@pytest.mark.parametrize("synthetic", [True])
def test_a_day_is_taken_by_the_real_servers(
    organisation: Organisation, lrs_url: str, accepted: Any, hooks_server: Any
) -> None:
    from bus import records

    some = events(organisation, organisation.today - 4 * A_DAY)
    to = Doors(
        f"{lrs_url}/xapi/statements",
        ("tool", "secret"),
        hooks_server.url,
        {"github": Connection("code", all_connectors()["github"], b"it is a secret")},
    )

    async def send() -> None:
        async with Sender(to) as sender:
            await sender.send(some)

    asyncio.run(send())
    assert sorted(accepted.ids()) == sorted(e.body["id"] for e in some if not e.hook)
    taken = [len(records.lines(value)) for value in hooks_server.sink.of("xapi.statements")]
    assert sum(taken) == sum(bool(event.hook) for event in some) > 0
    assert {each.topic for each in hooks_server.sink.messages} == {
        "xapi.statements",
        "work.signals",
    }


def test_an_installation_of_real_data_takes_nothing_of_a_day(
    organisation: Organisation, lrs_url: str, accepted: Any
) -> None:
    login = {"auth": ("tool", "secret"), "headers": {"X-Experience-API-Version": "1.0.3"}}
    some = [e.body for e in events(organisation, organisation.today - A_DAY) if not e.hook]
    with httpx.Client(base_url=lrs_url, **login) as lrs:  # type: ignore[arg-type]
        answers = [lrs.post("/xapi/statements", json=each) for each in some[:40]]
        answers.append(lrs.post("/xapi/statements", json=some))
        one = some[0]
        answers.append(lrs.put("/xapi/statements", params={"statementId": one["id"]}, json=one))
        assert {answer.status_code for answer in answers} == {400}
        assert all("a demo invented it" in answer.text for answer in answers)
        lines = "".join(json.dumps(each) + "\n" for each in some)
        said = lrs.post(
            "/verdicts", content=lines, headers={"Content-Type": "application/x-ndjson"}
        )
    verdicts = [json.loads(line) for line in said.text.splitlines()]
    assert [each["verdict"] for each in verdicts] == ["invalid"] * len(some)
    assert accepted.ids() == []


def test_its_webhooks_make_statements_that_are_refused_there(organisation: Organisation) -> None:
    connection = Connection("github", all_connectors()["github"], b"secret")
    some = [e for e in events(organisation, organisation.today - A_DAY) if e.hook]
    assert some
    for event in some:
        raw = json.dumps(event.body).encode()
        headers = {
            "content-type": "application/json",
            "x-github-event": event.hook,
            "x-hub-signature-256": "sha256=" + hmac.new(b"secret", raw, "sha256").hexdigest(),
        }
        assert Intake(connection).take(Delivery(headers, raw)).disposition == "mapped"
        refused = Intake(connection, real=True).take(Delivery(headers, raw))
        assert refused.disposition == "rejected"
        assert "a demo invented it" in refused.detail


@pytest.mark.parametrize("synthetic", [True])
def test_a_refusal_is_not_hidden(
    organisation: Organisation, lrs_url: str, hooks_server: Any
) -> None:
    some = events(organisation, organisation.today - 4 * A_DAY)[:20]
    to = Doors(f"{lrs_url}/xapi/statements", ("tool", "wrong"), hooks_server.url)

    async def send() -> None:
        async with Sender(to) as sender:
            await sender.send([event for event in some if not event.hook])

    with pytest.raises(DemoRefused, match="answered 401"):
        asyncio.run(send())


def test_a_page_without_a_time_is_sent_when_it_happens_only() -> None:
    page, other = (Event(NOW - timedelta(hours=1), hook, {}) for hook in ("gollum", "issues"))
    assert sendable([page, other], NOW) == [other]
    assert sendable([page, other], NOW - timedelta(minutes=59)) == [page, other]


def test_what_a_page_tells_late_is_not_sent() -> None:
    told, other = (Event(NOW - timedelta(hours=1), "viewed", {}, tool) for tool in ("beacon", "x"))
    assert sendable([told, other], NOW) == [other]
    assert sendable([told, other], NOW - timedelta(minutes=30)) == [told, other]


def test_the_tools_told_of_the_time_before_the_beginning(tmp_path: Path) -> None:
    run, sender = started(tmp_path), ListSender(most=1)
    run.doors = doors(folder(tmp_path, stack()))
    with pytest.raises(DemoRefused):
        asyncio.run(run._history(sender))  # type: ignore[arg-type]
    delivered = [event for event in sender.sent if event.tool != "github"]
    assert {event.tool for event in delivered} == SENT.keys()
    assert all(NOW - PAST < event.at <= NOW for event in delivered)


def test_a_tool_that_is_not_connected_sends_nothing(tmp_path: Path) -> None:
    run = started(tmp_path)
    every = doors(folder(tmp_path, stack())).connected
    run.doors = Doors("", ("", ""), "", {"slack": every["slack"]})
    some = run._between(NOW, NOW + timedelta(minutes=9))
    assert {event.tool for event in some if event.hook} - {"github"} == {"slack"}


# How it goes on


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A history of three weeks."""
    monkeypatch.setattr("headwater.demo.organisation.HISTORY_DAYS", 20)


@pytest.mark.usefixtures("_short")
def test_history_is_newest_first_and_whole(tmp_path: Path) -> None:
    run, sender = started(tmp_path), ListSender()
    asyncio.run(run._history(sender))  # type: ignore[arg-type]
    days = [event.at.date() for event in sender.sent]
    assert days == sorted(days, reverse=True)
    assert days[0] == NOW.date()
    assert len(set(days)) == 21
    assert run.state.oldest == run.organisation.first.isoformat() == days[-1].isoformat()
    assert max(event.at for event in sender.sent) <= NOW
    assert len(sender.sent) == run.state.sent > 7_000


def test_history_reaches_as_far_back_as_is_asked_for(tmp_path: Path) -> None:
    run, sender = started(tmp_path), ListSender()
    run.days = 3
    asyncio.run(run._history(sender))  # type: ignore[arg-type]
    assert {event.at.date() for event in sender.sent} == {NOW.date() - n * A_DAY for n in range(4)}


@pytest.mark.usefixtures("_short")
def test_history_goes_on_where_it_stopped_and_is_not_made_twice(tmp_path: Path) -> None:
    first = ListSender(most=3)
    with pytest.raises(DemoRefused):
        asyncio.run(started(tmp_path)._history(first))  # type: ignore[arg-type]
    later = started(tmp_path, NOW + timedelta(days=2))
    assert later.organisation.today == NOW.date()
    second = ListSender()
    asyncio.run(later._history(second))  # type: ignore[arg-type]
    days = [{event.at.date() for event in sender.sent} for sender in (first, second)]
    assert days[0] == {NOW.date() - n * A_DAY for n in range(3)}
    assert days[1] == {NOW.date() - n * A_DAY for n in range(3, 21)}
    third = ListSender()
    asyncio.run(started(tmp_path)._history(third))  # type: ignore[arg-type]
    assert third.sent == []


def test_a_gap_is_made_up_for(tmp_path: Path) -> None:
    run, sender = started(tmp_path), ListSender()
    until = NOW + timedelta(days=3, hours=1)
    asyncio.run(run._make_up(sender, NOW, until))  # type: ignore[arg-type]
    expected = [
        event
        for n in range(4)
        for event in events(run.organisation, NOW.date() + n * A_DAY)
        if NOW < event.at <= until and event.hook != "gollum"
    ]
    assert [e for e in sender.sent if e.hook != "gollum"] == expected
    assert run.state.lived == until.isoformat()


def test_no_moment_is_lost_or_lived_twice(tmp_path: Path) -> None:
    run = started(tmp_path)
    run.doors = doors(folder(tmp_path, stack()))
    start = datetime(2026, 6, 16, 23, 58, tzinfo=UTC)
    whole = run._between(start, start + timedelta(minutes=5))
    steps = [timedelta(seconds=step) for step in (0, 7, 61, 118.5, 121, 240, 300)]
    parts = [run._between(start + a, start + b) for a, b in pairwise(steps)]
    assert [event for part in parts for event in part] == whole
    assert whole


def test_real_time_is_lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(NOW + timedelta(seconds=30 * n) for n in range(1, 100))
    monkeypatch.setattr(life, "now", lambda: next(clock))
    monkeypatch.setattr(life, "LOOK_EVERY", 0)
    run, sender = started(tmp_path), ListSender(most=20)
    with pytest.raises(DemoRefused):
        asyncio.run(run._live(sender))  # type: ignore[arg-type]
    times = [event.at for event in sender.sent]
    assert times == sorted(times)
    assert min(times) > NOW
    kept = State.read(tmp_path / FILE, NOW)
    assert kept is not None
    assert datetime.fromisoformat(kept.lived) >= max(times)
    assert kept.sent == len(sender.sent)


def test_another_versions_organisation_is_left_alone(tmp_path: Path) -> None:
    state = State.read(tmp_path / FILE, NOW)
    assert state is not None
    state.write(tmp_path / FILE)
    assert State.read(tmp_path / FILE, NOW + timedelta(days=9)) == state
    state.made = "another"
    state.write(tmp_path / FILE)
    assert State.read(tmp_path / FILE, NOW) is None


def test_days_made_otherwise_are_another_organisation(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(organisation)
    assert fingerprint(Organisation.of(organisation.seed, organisation.today)) == before
    for module, name in (
        (forge, "ISSUES"),
        (tools, "PAGES"),
        (tools, "AT_NOON"),
        (acts, "AT_NOON"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(module, name, getattr(module, name) * 2)
            assert fingerprint(organisation) != before, name
    assert fingerprint(organisation) == before


def test_progress_is_told_in_lines_where_nobody_sits_before_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = (NOW - timedelta(days=HISTORY_DAYS)).date()
    with Telling(28) as telling:
        telling.history(first + 14 * A_DAY, first, 900)
    assert capsys.readouterr().out.splitlines() == [
        "demo: 28 days of history, newest first: 51 % (900 events, back to 2025-11-24)"
    ]
    with Telling() as telling:
        telling.history(first + 108 * A_DAY, first, 61_000)
        telling.history(first + 107 * A_DAY, first, 61_100)
        telling.history_is_there(120_000, 99.6)
    assert capsys.readouterr().out.splitlines() == [
        "demo: seven months of history, newest first: 50 % (61,000 events, back to 2026-02-26)",
        "demo: history is there (120,000 events, 100 s); the organisation lives on",
    ]
