"""A work tool's real history by its real door: the incidents of BPI Challenge 2013 (Volvo IT).

A service desk that no connector knows sends its log as CloudEvents, and a connection's rules say
what that means: each line is a signal of its ticket, and a ticket that goes to somebody else brings
them in. What was published of the log is read back from work items, signals and flows.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from running import Up

from tests.scale import tried
from warehouse import Warehouse

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SITE = "https://desk.example.com"
#: Every so many-th case is sent.
EACH = tried(16, 1)
RULES = """
[[connection]]
name = "desk"
connector = "cloudevents"
secret = "file:secrets/desk"
[connection.options]
site = "https://desk.example.com"
platform = "Service desk"
[[connection.options.rules]]
type = "incident.*"
actor = "data.handed_over_by"
when = "data.handed_over_by"
verb = "mentioned"
behaviour = "connect"
object = "join('', ['/incidents/', subject])"
object_type = "issue"
counterpart = "data.who"
topic = "data.product"
[connection.options.rules.signal]
kind = "ticket"
item = "subject"
happened = "data.happened"
place = "data.group"
[[connection.options.rules]]
type = "incident.*"
actor = "data.who"
[connection.options.rules.signal]
kind = "ticket"
item = "subject"
happened = "data.happened"
place = "data.group"
"""


@dataclass(frozen=True)
class Line:
    """A line of the log."""

    at: datetime
    status: str
    who: str
    group: str
    product: str


Case = tuple[str, list[Line]]


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Case]:
    """The cases that are sent, each with its lines in their order."""
    return list(read(shared / "data" / "bpi_challenge_2013_incidents.xes.gz"))[::EACH]


@pytest.fixture(scope="module")
def up(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("bpi") / "data")
    try:
        people(running, cases)
        (running.data / "secrets" / "desk").write_text("a-token-of-the-desk")
        (running.data / "connections.toml").write_text(RULES)
        send(running, cases)
        yield running
    finally:
        running.stop()
    assert running.left() == []


@pytest.fixture(scope="module")
def analyst(up: Up) -> Warehouse:
    return Warehouse(up.url("warehouse"))


def read(path: Path) -> Iterator[Case]:
    with gzip.open(path) as log:
        for _, element in ElementTree.iterparse(log):
            if element.tag.endswith("}trace") or element.tag == "trace":
                name, lines = "", []
                for child in element:
                    told = {each.get("key"): each.get("value", "") for each in child}
                    if child.get("key") == "concept:name":
                        name = child.get("value", "")
                    elif child.tag.endswith("event"):
                        lines.append(
                            Line(
                                datetime.fromisoformat(told["time:timestamp"]).astimezone(UTC),
                                told["concept:name"],
                                told["org:resource"],
                                told["org:group"],
                                told["product"],
                            )
                        )
                yield name, lines
                element.clear()


def happened(before: Line | None, line: Line) -> str:
    if before is None:
        return "opened"
    if line.status == "Completed":
        return "closed"
    return "reopened" if before.status == "Completed" else "answered"


def events(cases: list[Case]) -> Iterator[dict[str, Any]]:
    """The log as CloudEvents."""
    for case, lines in cases:
        for number, (before, line) in enumerate(zip([None, *lines], lines, strict=False)):
            passed = before is not None and before.who != line.who
            yield {
                "specversion": "1.0",
                "id": f"{case}-{number}",
                "source": "/incidents",
                "type": f"incident.{line.status.lower()}",
                "time": line.at.isoformat(),
                "subject": case,
                "data": {
                    "who": line.who,
                    "handed_over_by": before.who if before is not None and passed else None,
                    "happened": happened(before, line),
                    "group": line.group,
                    "product": line.product,
                },
            }


def send(up: Up, cases: list[Case]) -> None:
    headers = {
        "authorization": "Bearer a-token-of-the-desk",
        "content-type": "application/cloudevents-batch+json",
    }
    every = list(events(cases))
    with httpx.Client(base_url=up.stack["hooks"]["url"], headers=headers, timeout=120) as client:
        up.wait(lambda: client.post("/hooks/desk", content="[]").status_code != 404)
        for at in range(0, len(every), 1_000):
            answer = client.post("/hooks/desk", content=json.dumps(every[at : at + 1_000]))
            assert answer.status_code == 200, answer.text


def teams(cases: list[Case]) -> dict[str, str]:
    """Person → the group in which somebody is most often."""
    found: dict[str, Counter[str]] = {}
    for _, lines in cases:
        for line in lines:
            found.setdefault(line.who, Counter())[line.group] += 1
    return {who: max(sorted(groups), key=groups.__getitem__) for who, groups in found.items()}


def people(up: Up, cases: list[Case]) -> None:
    table = up.data.parent / "people.csv"
    rows = [f'"{who}","{who}","{SITE}|{who}","{team}"' for who, team in teams(cases).items()]
    table.write_text("\n".join(["person,name,accounts,team", *rows, ""]))
    result = up.run("directory", "load", str(table))
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_was_published_of_the_log_is_read_back(
    up: Up, analyst: Warehouse, cases: list[Case]
) -> None:
    sent = sum(len(lines) for _, lines in cases)
    up.wait(lambda: analyst.query("SELECT count() FROM work.signals") == [(sent,)], 300)
    ((items, closed, days),) = analyst.query(
        """
        SELECT count(), countIf(closed IS NOT NULL),
            quantileExactInclusiveIf(0.5)(
                dateDiff('second', opened, assumeNotNull(closed)) / 86400, closed IS NOT NULL
            )
        FROM work.items
        """
    )
    took = [
        (lines[-1].at - lines[0].at).total_seconds() / 86_400
        for _, lines in cases
        if lines[-1].status == "Completed"
    ]
    assert (items, closed) == (len(cases), len(took))
    assert days == pytest.approx(median(took), abs=1e-4)
    ((people, groups, beyond),) = analyst.query(
        """
        SELECT uniqExact(person), uniqExact(place),
            uniqExactIf(item, match(place, '2nd|3rd')) / uniqExact(item)
        FROM work.signals
        """
    )
    every = [line for _, lines in cases for line in lines]
    assert people == len({line.who for line in every})
    assert groups == len({line.group for line in every})
    later = [any("2nd" in line.group or "3rd" in line.group for line in each) for _, each in cases]
    assert beyond == pytest.approx(sum(later) / len(cases))
    if EACH == 1:
        published = (7_554, 65_533, 1_440, 649, 7.55, 0.398)
        assert (items, sent, people, groups, round(days, 2), round(beyond, 3)) == published


def test_who_hands_over_to_whom_is_the_network_of_the_log(
    up: Up, analyst: Warehouse, cases: list[Case]
) -> None:
    team = teams(cases)
    pairs = [
        (before.who, line.who)
        for _, lines in cases
        for before, line in pairwise(lines)
        if before.who != line.who
    ]
    ask = "SELECT count() FROM learning.flows WHERE kind = 'mention'"
    up.wait(lambda: analyst.query(ask) == [(len(pairs),)], 600)
    found = analyst.query(
        """
        SELECT from_team, to_team, count() FROM learning.flows
        WHERE kind = 'mention' GROUP BY ALL
        """
    )
    wanted = Counter((team[giver], team[taker]) for giver, taker in pairs)
    assert {(giver, taker): many for giver, taker, many in found} == wanted
    ((edges,),) = analyst.query(
        "SELECT uniqExact(from_person, to_person) FROM learning.flows WHERE kind = 'mention'"
    )
    assert edges == len(set(pairs))
    heaviest = analyst.query(
        """
        SELECT count() AS many FROM learning.flows
        WHERE kind = 'mention' GROUP BY from_person, to_person ORDER BY many DESC LIMIT 20
        """
    )
    assert [many for (many,) in heaviest] == [many for _, many in Counter(pairs).most_common(20)]
