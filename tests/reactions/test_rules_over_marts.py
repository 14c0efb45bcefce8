"""The rules over real marts, and the part itself: killed, started again, its messages received."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bus import records
from bus.errors import BrokerUnavailable
from bus.topics import STATEMENTS
from headwater.cli import build
from headwater.letters import Letters
from producers.signatures import Delivery, standard_webhooks
from reactions import message, rules
from reactions.delivery import Courier
from reactions.document import EVERY as DOCUMENTED
from reactions.server import Reactions, work_time
from reactions.settings import ReactionSettings
from streams import marts, release
from tests.conftest import REPOSITORY, WarehouseUrls, stop
from tests.streams.history import Fact, History, Told
from tests.topics import held
from tests.waiting import until
from tests.web import answering
from warehouse import Warehouse
from xapi.vocabulary import RAISED, VERBS

pytestmark = pytest.mark.integration
MARTS = [
    mart
    for mart in marts.every()
    if mart.name in ("questions", "expertise", "content", "person_days")
]
#: The rules over marts: the week's letter is the page's (tests/e2e/test_demo.py).
EVERY = DOCUMENTED.model_copy(
    update={"rule": tuple(rule for rule in DOCUMENTED.rule if rule.when != "week")}
)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime.now(UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
BEGIN = NOW - 6 * DAY
SECRET = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALWAYS = date(2020, 1, 1)


def fact(days: float, account: int, behaviour: str, **more: object) -> Fact:
    """What somebody did so many days before today began."""
    number = next(NUMBERS)
    given = {"counterpart": 0, "tool": "Wiki", "topic": "", **more}
    identifier = f"00000000-0000-4000-8000-{number:012}"
    return Fact(
        identifier, TODAY - days * DAY, account, behaviour=behaviour, position=number, **given
    )  # type: ignore[arg-type]


NUMBERS = iter(range(1, 100_000))
LOADS = iter(range(1000, 100_000, 10))


def answered(question: Fact, hours: float, account: int) -> Fact:
    given = {"verb": VERBS["answered"], "topic": question.topic, "reference": question.object}
    found = fact(0, account, "help", object=f"{question.object}/answer", **given)
    return replace(found, time=question.time + hours * HOUR)


def asked(days: float, account: int, name: str, topic: str = "kafka") -> Fact:
    return fact(
        days, account, "ask", verb=VERBS["asked"], topic=topic, object=f"https://wiki.test/{name}"
    )


def reads(days: float, page: str, accounts: Sequence[int]) -> list[Fact]:
    return [
        fact(days - number / 1e4, account, "read", object=page, topic="howto")
        for number, account in enumerate(accounts)
    ]


def happened() -> list[Fact]:
    """A year in which each rule has a case since BEGIN, and what is nearly one of each."""
    open_, soon, late = (asked(1.5, 3, name) for name in ("open", "soon", "late"))
    just = asked(0, 3, "just")
    new, welcomed = asked(7.5, 31, "new", "start"), asked(7.5, 32, "welcomed", "start")
    old, kept, few = (f"https://wiki.test/{name}" for name in ("old", "kept", "few"))
    return [
        open_, soon, answered(soon, 1, 2), late, answered(late, 9, 2),
        replace(just, time=NOW - HOUR),
        new, welcomed, answered(welcomed, 20, 2),
        *(fact(10 + n, 21, "help", counterpart=3, topic="legacy") for n in range(4)),
        *(fact(10 + n, 21, "help", counterpart=3, topic="shared") for n in range(4)),
        *(fact(10 + n, 22, "help", counterpart=3, topic="shared") for n in range(4)),
        *(fact(250, 1, "record", object=page, topic="howto") for page in (old, kept, few)),
        fact(100, 1, "record", object=kept, topic="howto"),
        *(each for page in (old, kept, few) for each in reads(9.5, page, (2, 3, 4, 5, 6))),
        *reads(2.5, old, (2, 3) * 30), *reads(2.5, kept, (2, 3) * 30), *reads(2.5, few, (2,) * 49),
        fact(32.5, 11, "record", object="https://wiki.test/data"),
        fact(1.5, 11, "read", object="https://wiki.test/data"),
    ]  # fmt: skip


def expected() -> set[tuple[str, str, str, datetime]]:
    """Sentence, link, rule and moment of each case."""
    wiki = "https://wiki.test/"
    begin = TODAY - 2 * DAY
    late = "A question about kafka has been open for 4 working hours."
    return {
        ("question-open", late, wiki + "open", TODAY - 1.5 * DAY + 4 * HOUR),
        ("question-open", late, wiki + "late", TODAY - 1.5 * DAY + 4 * HOUR),
        ("expert-gone", "Nobody is left who was seen to know legacy well.", "", begin),
        (
            "stale-read", "A page about howto was read 50 times since it was marked stale.",
            wiki + "old", begin,
        ),
        (
            "newcomer-unanswered",
            "A newcomer of Web asked, and had no answer in the first 7 days.", "", begin,
        ),
        ("team-silent", "Nobody of Data has shared anything for 30 days.", "", begin),
    }  # fmt: skip


@pytest.fixture(scope="module")
def store(warehouse: WarehouseUrls) -> Warehouse:
    """The year, all marts having taken it in; people work always."""
    found = Warehouse(warehouse.admin)
    history = History(found)
    history.begin(MARTS)
    for account in (1, 2, 3, 4, 5, 6, 22):
        history.load(1000 + account, Told(None, (account,), "", "Web", ALWAYS))
    for account in range(11, 16):
        history.load(1000 + account, Told(None, (account,), "", "Data", ALWAYS))
    history.load(1021, Told(None, (21,), "Web", "", (TODAY - 2 * DAY).date()))
    start = (TODAY - 9 * DAY).date()
    for account in (31, 32):
        history.load(1000 + account, Told(start, (account,), "", "Web", start))
    release.release(found, [], 5)
    history.happen(happened())
    history.take_in(*MARTS)
    always = [("working_days", "1,2,3,4,5,6,7"), ("working_hours", "00:00-24:00")]
    found.insert("ops.setting_rows", ("name", "value"), always)
    return found


def told(found: Sequence[rules.Case]) -> set[tuple[str, str, str, datetime]]:
    return {(case.rule, message.of(case).said, case.link, case.at) for case in found}


def test_each_rule_finds_its_case_and_nothing_that_is_nearly_one(store: Warehouse) -> None:
    work = work_time(store)
    found = [case for rule in EVERY.rule for case in rules.cases(store, rule, work, BEGIN, NOW)]
    assert told(found) == expected()
    assert len({case.id for case in found}) == len(expected())
    # However time is divided, each case is in one span of it.
    spans = [BEGIN + n * timedelta(hours=37) for n in range(5)]
    divided = [
        case
        for rule in EVERY.rule
        for begin, end in pairwise(spans)
        for case in rules.cases(store, rule, work, begin, min(end, NOW))
    ]
    assert Counter(case.id for case in divided) == Counter(case.id for case in found)


def test_a_rule_is_of_the_topics_and_teams_that_it_names(store: Warehouse) -> None:
    work, rule = work_time(store), EVERY.rule[0]
    for pattern, many in (("KAF*", 2), ("xapi", 0)):
        only = rule.model_copy(update={"topic": (pattern,)})
        assert len(rules.cases(store, only, work, BEGIN, NOW)) == many


@pytest.mark.parametrize("zone", ["", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_question_is_open_for_working_hours_of_who_asked(store: Warehouse, zone: str) -> None:
    history = History(store, loads=next(LOADS))
    history.load(1003, Told(None, (3,), "", "Web", ALWAYS, zone))
    store.insert("ops.setting_rows", ("name", "value"), [("working_hours", "09:00-17:00")])
    try:
        rule, work = EVERY.rule[0].model_copy(update={"amount": 2.0}), work_time(store)
        found = rules.cases(store, rule, work, BEGIN, NOW)
    finally:
        store.insert("ops.setting_rows", ("name", "value"), [("working_hours", "00:00-24:00")])
        history.load(1003, Told(None, (3,), "", "Web", ALWAYS))
    at, worked = TODAY - 1.5 * DAY, timedelta()
    while worked < 2 * HOUR:
        clock = at.astimezone(ZoneInfo(zone or "UTC"))
        at += timedelta(minutes=1)
        worked += timedelta(minutes=9 <= clock.hour < 17)
    assert ("https://wiki.test/open", at) in {(case.link, case.at) for case in found}
    assert len({case.at for case in found}) == 1


class Receiver(BaseHTTPRequestHandler):
    """Takes messages that are signed, but under /no; the first one it holds until it is let go."""

    #: Path, id and body of each.
    came: list[tuple[str, str, dict[str, Any]]] = []  # noqa: RUF012 - one test's
    wrong: list[str] = []  # noqa: RUF012
    gone = threading.Event()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not standard_webhooks.verify(Delivery(headers, body), SECRET):
            self.wrong.append(body.decode())
        self.came.append((self.path, headers["webhook-id"], json.loads(body)))
        if len(self.came) == 1:
            self.gone.wait()
            return
        self.send_response(404 if self.path == "/no" else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    with answering(Receiver) as url:
        yield url
        Receiver.gone.set()


def document(receiver: str) -> str:
    """Every rule told to the desk, some to a target with two a day and to one that refuses."""
    more = {
        "question-open": ', "few"', "expert-gone": ', "few"', "team-silent": ', "no"',
    }  # fmt: skip
    targets = [
        f"""[[target]]
name = "{name}"
kind = "webhook"
url = "{receiver}/{name}"
secret = "file:secret"
limit = {limit}
"""
        for name, limit in (("desk", 20), ("few", 2), ("no", 20))
    ]
    every = [
        f'[[rule]]\nwhen = "{rule.when}"\ndeliver = ["desk"{more.get(rule.when, "")}]\n'
        for rule in EVERY.rule
    ]
    return "".join((*targets, *every))


def test_each_case_is_raised_once_and_told_though_the_part_is_killed(
    store: Warehouse, warehouse: WarehouseUrls, kafka: str, receiver: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(SECRET)
    version = int(BEGIN.timestamp() * 1000)
    rows = [(version, document(receiver))]
    store.insert("ops.reaction_rule_rows", ("version", "text"), rows)
    environment = {
        **os.environ,
        "HEADWATER_KAFKA": kafka,
        "HEADWATER_CLICKHOUSE": warehouse.admin,
        "HEADWATER_DATA": str(tmp_path),
        "HEADWATER_REACTIONS_EVERY": "0.1",
        "HEADWATER_REACTIONS_SETTLE": "0",
        "HEADWATER_PSEUDONYM_KEY": "00" * 32,
    }

    def started(part: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "headwater", part]
        return subprocess.Popen(command, env=environment, cwd=REPOSITORY)

    def states() -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        query = "SELECT target, state, count() FROM ops.reaction_rows FINAL GROUP BY ALL"
        for target, state, count in store.query(query):
            found.setdefault(target, {})[state] = count
        return found

    many = len(expected())
    # Kafka is away: what is raised is written down, and nobody is told of what is not stored.
    settings = ReactionSettings(
        kafka="127.0.0.1:9", clickhouse=SecretStr(warehouse.admin), reactions_settle=0
    )
    page = Letters(warehouse.viewer, "")
    with pytest.raises(BrokerUnavailable):
        asyncio.run(Reactions(settings, Courier(tmp_path, page), page).turn())
    told = {"desk": {"waiting": many}, "few": {"waiting": 3}, "no": {"waiting": 1}}
    assert states() == {"": {"raised": many}, **told}
    assert not Receiver.came
    process = started("reactions")
    try:
        until(lambda: Receiver.came, "nothing was delivered")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert states() == {"": {"stored": many}, **told}
        Receiver.gone.set()
        process = started("reactions")
        done = {
            "": {"stored": many}, "desk": {"delivered": many},
            "few": {"delivered": 2, "waiting": 1}, "no": {"refused": 1},
        }  # fmt: skip
        until(lambda: states() == done, "not all was delivered")
    finally:
        stop(process)
    assert not Receiver.wrong
    # Once to each, but for the one whose answer nobody was there to hear: that one under its id.
    held_one, *others = [(path, identifier) for path, identifier, _ in Receiver.came]
    assert held_one in others
    assert len(others) == len(set(others)) == many + 2 + 1
    desk = [(one, said["data"]) for path, one, said in Receiver.came[1:] if path == "/desk"]
    assert sorted(one for one, _ in desk) == sorted(f"msg_{one}" for one in _ids(store))
    assert {
        (one["rule"], one["said"], one.get("link", ""), datetime.fromisoformat(one["at"]))
        for _, one in desk
    } == expected()

    lines = [line for one in held(kafka, STATEMENTS) for line in records.lines(one.value)]
    statements = [json.loads(line) for line in lines]
    assert sorted(each["id"] for each in statements) == sorted(_ids(store))
    assert not any(str(person) in str(statements) for person in range(1001, 1033))
    process = started("recorded")
    try:
        count = "SELECT uniqExact(id), count() FROM lrs.statements WHERE verb = {verb:String}"
        until(lambda: store.query(count, {"verb": RAISED}) == [(many, many)], "not all are stored")
    finally:
        stop(process)

    # Another process, which knows nothing, raises and tells nothing more.
    settings = settings.model_copy(update={"kafka": kafka})
    asyncio.run(Reactions(settings, Courier(tmp_path, page), page).turn())
    assert len(Receiver.came) == 1 + many + 2 + 1
    assert states() == done

    # What happened tells the same when it is tried, and each is listed with what became of it.
    tried = asked_of(warehouse, "try", "--from", f"{BEGIN:%Y-%m-%d}")
    assert {line.strip().partition(" ")[2] for line in tried if line[0] == " "} == {
        " ".join(filter(None, each[1:3])) for each in expected()
    }
    listed = asked_of(warehouse, "list")
    assert sum(line.startswith("on ") for line in listed) == len(EVERY.rule)
    assert sum(line.endswith(": stored]") for line in listed) == many
    assert listed.count("  desk: delivered") == many
    assert listed.count("  no: refused, no answers 404") == 1


def asked_of(warehouse: WarehouseUrls, *words: str) -> list[str]:
    """The lines that a command says."""
    told = {"HEADWATER_CLICKHOUSE": warehouse.admin, "HEADWATER_DATA": ""}
    said = CliRunner().invoke(build(), ["reactions", *words], env=told)
    assert said.exit_code == 0, said.output
    return said.output.splitlines()


def _ids(store: Warehouse) -> list[str]:
    rows = store.query("SELECT toString(id) FROM ops.reaction_rows FINAL WHERE target = ''")
    return [row[0] for row in rows]
