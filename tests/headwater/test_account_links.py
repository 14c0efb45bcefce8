"""Accounts become people: from a tool's user list to `learning.events`, and by the commands.

The real poller, broker and warehouse; the worker's part is played by its processors' own handlers,
fed from their topics by a thread.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import Result

from bus.topics import EVENTS, PEOPLE, STATEMENTS
from headwater.errors import StackError
from producers.following import Followed
from producers.poller import Poller
from producers.settings import PollerSettings
from serving import tasks
from streams.processor import Message
from streams.processors import processors
from streams.pseudonyms import Pseudonyms
from tests.producers.killed_poller import serving
from tests.producers.slack_workspace import Workspace
from tests.streams.fed import KEY, context, feeding
from tests.waiting import comes, until
from warehouse import Warehouse

pytestmark = pytest.mark.integration

FED = [each for each in processors() if each.topic in (STATEMENTS, EVENTS, PEOPLE)]
PEOPLE_CSV = """person,name,accounts,team
ida,Ida,ida@north.example,Blue
ole,Ole,gitlab:7,Blue
may,May,may@north.example,Blue
"""
NAMED = """
SELECT identifier, if(e.resolved, p.person_id, '')
FROM (SELECT DISTINCT account, person, resolved FROM learning.events) AS e
INNER JOIN
(
    SELECT account, any(identifier) AS identifier FROM vault.account_rows GROUP BY account
) AS i ON i.account = e.account
LEFT JOIN (SELECT DISTINCT person, person_id FROM vault.people_current) AS p ON p.person = e.person
"""
FACTS = "SELECT * FROM learning.fact_rows ORDER BY ALL"


@pytest.fixture(scope="module")
def store(warehouse: Any) -> Iterator[Warehouse]:
    store = Warehouse(warehouse.admin)
    yield store
    store.close()


@pytest.fixture(scope="module")
def worker(warehouse: Any, kafka: str) -> Iterator[None]:
    """Takes in what comes, as the worker does."""
    with feeding(kafka, warehouse.admin, FED):
        yield


@pytest.fixture
def loaded(run: Any, tmp_path: Path) -> Callable[..., Result]:
    """Loads people.csv."""

    def load(people: str = PEOPLE_CSV) -> Result:
        (tmp_path / "people.csv").write_text(people)
        return run("directory", "load", tmp_path / "people.csv")  # type: ignore[no-any-return]

    return load


def polled(kafka: str, folder: Path, workspace: Workspace, rounds: int = 1) -> None:
    """Has a poller read all of a workspace that it has not read."""
    (folder / "secret").write_text("s3cret")
    path = folder / "connections.toml"

    async def scenario() -> None:
        poller = Poller(PollerSettings(kafka=kafka), Followed(path=path))
        async with tasks.running("poller", poller.works):
            await comes(lambda: all(each.rounds for each in poller.streams))
        assert poller.problems == [None] * len(poller.problems)
        await poller.close()

    with serving(lambda path, asked: (200, {}, workspace.answer(path[5:], asked))) as site:
        path.write_text(
            '[[connection]]\nname = "slack"\nconnector = "slack"\n'
            'secret = "file:secret"\ntoken = "file:secret"\n[connection.options]\n'
            f'read_users = true\nsite = "{site}"\nhistory_days = 3\n'
            '[connection.options.channels]\nC0WORK = {name = "atlas"}\nC0HELP = {name = "help"}\n'
        )
        workspace.site = site  # type: ignore[attr-defined]
        asyncio.run(scenario())


def named(store: Warehouse) -> dict[str, str]:
    """Slack user → person, "" for nobody."""
    return {name.rpartition("|")[2]: person for name, person in store.query(NAMED)}


@pytest.mark.usefixtures("worker")
def test_a_user_list_makes_accounts_people_and_rewrites_nothing(
    kafka: str, store: Warehouse, run: Any, loaded: Any, tmp_path: Path
) -> None:
    workspace = Workspace(start=int(time.time()) - 86_400)
    for user in ("U0IDA", "U0OLE", "U0MAY", "U0BOT"):
        workspace.write(user, "C0WORK", "we could try the other way round")
    workspace.joins("U0IDA", "Ida@North.example")
    workspace.joins("U0OLE", "ole@home.example")
    workspace.joins("U0MAY", "may@north.example", is_email_confirmed=False, real_name="May")
    workspace.joins("U0BOT", "may@north.example", is_bot=True)
    polled(kafka, tmp_path, workspace)
    everybody = {"U0IDA": "", "U0OLE": "", "U0MAY": "", "U0BOT": ""}
    until(lambda: named(store) == everybody)
    facts = store.query(FACTS)
    store.execute("TRUNCATE TABLE ops.dirty_hours")

    # The directory comes late: what happened before is of the person, by the address alone.
    assert loaded().exit_code == 0
    until(lambda: named(store) == everybody | {"U0IDA": "ida"})
    assert store.query(FACTS) == facts
    until(lambda: store.query("SELECT count() > 0 FROM ops.dirty_hours") == [(1,)])


@pytest.mark.usefixtures("worker")
def test_what_cannot_be_linked_is_told(run: Any, loaded: Any, store: Warehouse) -> None:
    loaded(PEOPLE_CSV.replace("@north.example", "@south.example"))  # no address of another test's
    known = "SELECT count() FROM vault.people_current WHERE person_id IN ('ida', 'ole', 'may')"
    until(lambda: store.query(known) == [(3,)])
    for words, said in (
        (("link", "gitlab:7", "ida"), "people.csv says that gitlab:7 is 'ole''s"),
        (("link", "slack:U1", "nobody"), "the person 'nobody' is not in the directory"),
        (("link", "Ida Berg", "ida"), "the account 'Ida Berg' is none of"),
        (("unlink", "slack:U1"), "slack:U1 is linked to nobody by hand"),
    ):
        result = run("directory", *words)
        assert isinstance(result.exception, StackError)
        assert str(result.exception).startswith(said)


NO_REPLY = "mailto:17+ida-berg@users.noreply.github.com"


def test_what_says_first_whose_an_account_is_goes_first(
    store: Warehouse, warehouse: Any, kafka: str
) -> None:
    """people.csv, a link, an address, a forge's; of two persons' addresses it is nobody's."""
    given = context(kafka, warehouse.admin)
    made = Pseudonyms(KEY)
    by_id = {made.person(name): name for name in ("a", "b", "c")}
    tool = f"account:https://{uuid4().hex}.example|"
    directory = next(each for each in FED if each.name == "directory")
    offset = 1_000_000

    def taken(*entries: dict[str, Any]) -> None:
        nonlocal offset
        load = str(uuid4())
        closing = {"closed": True, "people": len(entries), "revision": 2}
        messages = []
        for entry in (*entries, closing):
            offset += 1
            value = json.dumps({"load": load, **entry}).encode()
            messages.append(Message(PEOPLE.name, 0, offset, 0, b"k", value))
        asyncio.run(directory.handle(given, messages))

    def whose(identifier: str) -> str | None:
        sql = (
            "SELECT dictGetOrDefault('directory.account_person', 'person', {a:UInt64}, toUInt64(0))"
        )
        ((person,),) = store.query(sql, {"a": made.account(identifier)})
        return by_id.get(person)

    one = f"{tool}one"
    person = {"teams": [], "start": None, "manager": None}
    taken({"person": "a", "accounts": ["mailto:a@x.example"], **person},
          {"person": "b", "accounts": ["mailto:b@x.example"], **person})  # fmt: skip
    taken({"account": one, "addresses": ["A@x.example", "unknown@x.example"]})
    assert whose(one) == "a"
    taken({"account": one, "addresses": ["a@x.example", "b@x.example"]})
    assert whose(one) is None, "of two persons' addresses"
    taken({"account": one, "person": "b"})
    assert whose(one) == "b"
    taken({"person": "c", "accounts": [one], **person})
    assert whose(one) == "c"
    taken({"person": "c", "accounts": [], **person}, {"account": one, "person": ""})
    taken({"account": one, "addresses": ["a@x.example"]})
    assert whose(one) == "a"
    taken({"account": one, "addresses": []})
    assert whose(one) is None

    forge = "account:https://github.com|ida-berg"
    taken({"account": NO_REPLY, "addresses": []}, {"account": forge, "addresses": ["b@x.example"]})
    assert whose(NO_REPLY) == "b"
    taken({"person": "c", "accounts": [forge], **person})
    assert whose(NO_REPLY) == "c"
    taken({"person": "a", "accounts": ["mailto:a@x.example", NO_REPLY], **person})
    assert whose(NO_REPLY) == "a"
    assert whose(forge) == "c"


# Who may be named

NAMES = "SELECT topic, rank, name FROM viewer.experts ORDER BY ALL"
COUNTED = "SELECT topic, named, others FROM viewer.expert_topics ORDER BY ALL"
#: Five topics' worth of knowing: enough to be named for it.
AGREED = """person,name,accounts,team,findable
eva,Eva,,Blue,yes
fay,Fay,,Blue,yes
gil,Gil,,Blue,
"""


@pytest.fixture
def known(store: Warehouse, warehouse: Any, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """What the page reads as, with some who know pumps: Eva most of all, then Gil, then Fay."""
    monkeypatch.setenv("HEADWATER_CLICKHOUSE", warehouse.admin)
    made = Pseudonyms(KEY)
    points = {made.person("gil"): 5, made.person("eva"): 9, made.person("fay"): 4}
    strangers = dict.fromkeys(range(1, 6), 3)
    store.execute("TRUNCATE TABLE learning.expertise_rows")
    store.insert(
        "learning.expertise_rows",
        ("day", "person", "topic", "helped"),
        [(date(2026, 3, 2), who, "pumps", many) for who, many in (points | strangers).items()],
    )
    return Warehouse(warehouse.viewer)


@pytest.mark.usefixtures("worker")
def test_only_who_agreed_is_named_and_whoever_says_no_is_gone_at_once(
    known: Warehouse, run: Any, loaded: Any
) -> None:
    loaded(AGREED)
    until(lambda: known.query(NAMES) == [("pumps", 1, "Eva"), ("pumps", 2, "Fay")])
    assert known.query(COUNTED) == [("pumps", 2, 5)], "Gil and five strangers, told as five"
    assert known.client.query("SELECT * FROM viewer.experts").column_names == (
        "topic", "rank", "name",
    )  # fmt: skip

    assert run("directory", "findable", "eva", "no").exit_code == 0
    assert known.query(NAMES) == [("pumps", 1, "Fay")], "once the command has ended"
    again = loaded(AGREED)
    assert "'eva' was taken out by hand" in again.stderr
    assert known.query(NAMES) == [("pumps", 1, "Fay")], "no file takes a no back"

    assert run("directory", "findable", "eva", "yes").exit_code == 0
    loaded("person,accounts,team\neva,,Blue\n")
    assert known.query(NAMES) == [("pumps", 1, "Eva"), ("pumps", 2, "Fay")], "no column says it"
    loaded(AGREED.replace("Eva,,Blue,yes", "Eva,,Blue,no"))
    assert known.query(NAMES) == [("pumps", 1, "Fay")]

    told = run("experts", "PUMPS", "--format", "json")
    assert [json.loads(line) for line in told.stdout.splitlines()] == [
        {"topic": "pumps", "rank": 1, "name": "Fay", "others": "5 or more"}
    ]
    assert "nobody is named for valves" in str(run("experts", "valves").exception)
    assert "'nobody' is not in the directory" in str(
        run("directory", "findable", "nobody", "no").exception
    )


@pytest.mark.usefixtures("worker")
def test_fewer_than_the_minimum_group_are_told_as_nobody_is(
    known: Warehouse, store: Warehouse, loaded: Any
) -> None:
    """Whether few or none know a topic beside whoever is named shows nowhere."""
    loaded(AGREED)
    until(lambda: len(known.query(NAMES)) == 2)
    for gone in (range(1, 3), range(3, 6)):
        store.execute(
            "DELETE FROM learning.expertise_rows WHERE person IN {gone:Array(UInt64)}",
            {"gone": list(gone)},
        )
        assert known.query(COUNTED) == [("pumps", 2, 0)]
