"""Another LRS: what it holds comes as it is, all of it, once, and does not run in circles."""

import asyncio
import gzip
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from counted import counting
from hypothesis import given, settings
from hypothesis import strategies as st
from other_lrs import (
    ASKED,
    AUTHORITY,
    COMPLETED,
    HOME,
    START,
    OtherLrs,
    person,
    statement,
    voiding,
)
from pydantic import ValidationError

from producers.connections import Connection
from producers.connector import Disposition, Found
from producers.connectors.lrs import FROM_HERE, WITH_FILES, connector
from producers.connectors.lrs.options import LrsOptions
from producers.connectors.lrs.poll import poll, statements
from producers.intake import Intake
from producers.polling.api import Api
from producers.polling.errors import Refused, Unreadable
from producers.polling.http import client
from xapi.equivalence import equivalent
from xapi.vocabulary import LEFT_BEHIND, ORIGIN

ENDPOINT = "https://lrs.north.example/xapi"
FILE: dict[str, Any] = {
    "usageType": f"{HOME}/attachments/certificate",
    "display": {"en": "Certificate"},
    "contentType": "application/pdf",
    "length": 4312,
    "sha2": "49" * 32,
}


def options(**more: Any) -> LrsOptions:
    return LrsOptions.model_validate({"endpoint": ENDPOINT, "user": "headwater", **more})


def intake(**more: Any) -> Intake:
    return Intake(Connection("campus", connector, b"", options(**more), b"word"), real=True)


class Asking:
    """Rounds of a poll; the cursor is kept between them, or set back."""

    def __init__(self, lrs: OtherLrs, **more: Any) -> None:
        self.lrs = lrs
        self.options = options(**more)
        self.cursor = ""
        self.headers: list[httpx.Headers] = []

    def _answered(self, request: httpx.Request) -> httpx.Response:
        self.headers.append(request.headers)
        status, headers, content = self.lrs.answer(request.url.path, dict(request.url.params))
        return httpx.Response(status, headers=headers, json=content)

    def round(self, pages: int | None = None) -> list[Found]:
        """What a round finds; what so many pages of it hold, where it is broken off."""

        async def reading() -> list[Found]:
            login = poll.login(self.options, b"word")
            transport = httpx.MockTransport(self._answered)
            found: list[Found] = []
            async with Api(client(poll.address(self.options), login, transport)) as api:
                read = 0
                async for page in statements(api, self.options, self.cursor):
                    found += page.events
                    self.cursor = page.cursor
                    read += 1
                    if read == pages:
                        break
            return found

        return asyncio.run(reading())


def ids(found: list[Found]) -> list[str]:
    return [each.event["id"] for each in found]


def numbered(*numbers: int) -> list[str]:
    return [statement(number)["id"] for number in numbers]


def filled(count: int = 10, **more: Any) -> OtherLrs:
    lrs = OtherLrs(**more)
    for number in range(count):
        lrs.store(statement(number))
    return lrs


def only(made: Any) -> dict[str, Any]:
    (said,) = made.statements
    return said  # type: ignore[no-any-return]


# What comes of a statement


def test_real_statements_are_taken_as_they_are_or_refused(shared: Path) -> None:
    campus, told = intake(), Counter[Disposition]()
    with gzip.open(shared / "data" / "statements_fun_mooc.json.gz") as lines:
        for line in lines:
            one = orjson.loads(line)
            taken = campus.map("statement", one)
            told[taken.disposition] += 1
            if taken.statements:
                (said,) = taken.statements
                extensions = said["context"]["extensions"]
                assert extensions.pop(ORIGIN) == [{"lrs": ENDPOINT}]
                assert said == {**one, "context": {**one["context"], "extensions": extensions}}
    assert told == {Disposition.MAPPED: 22_000}


def test_what_the_other_lrs_set_stands_beside_and_the_rest_as_it_was() -> None:
    one = {**statement(1), "authority": AUTHORITY, "stored": "2026-05-04T07:00:00Z"}
    said = only(intake().map("statement", one))
    hop = {"lrs": ENDPOINT, "authority": AUTHORITY, "stored": "2026-05-04T07:00:00Z"}
    assert said == {**statement(1), "context": {"extensions": {ORIGIN: [hop]}}}
    assert one["authority"] == AUTHORITY, "what was read is not changed"


@pytest.mark.parametrize(
    "wrong",
    [{}, {"id": None}, {"id": "7"}, {"actor": {}}, {"verb": None}, {"object": []}, {"context": []},
     {"context": {"extensions": []}}, {"version": 2}, {"attachments": {}}, {"timestamp": "then"},
     {"object": {"objectType": "SubStatement", "object": {}}}, {"more": 1}, {"object": "it"},
     {"context": None}],
)  # fmt: skip
def test_a_statement_that_breaks_a_rule_costs_no_other(wrong: dict[str, Any]) -> None:
    broken = {**statement(2), **wrong} if wrong else {}
    found = [Found("statement", each) for each in (statement(1), broken, statement(3))]
    accepted, every = intake().polled(found)
    assert [each.disposition for each in every] == ["mapped", "rejected", "mapped"]
    assert "xAPI 1.0.3 Part Two" in every[1].detail
    assert accepted
    assert list(map(str, accepted.ids)) == numbered(1, 3)
    kept = orjson.loads(intake().kept(every[1], found[1]))
    assert orjson.loads(kept["body"]) == broken


@pytest.mark.parametrize("one", ["text", None, 7, []])
def test_what_is_no_statement_at_all_is_refused(one: Any) -> None:
    assert intake().map("statement", one).disposition is Disposition.REJECTED


def test_one_page_may_hold_both_versions_and_an_id_in_both_cases() -> None:
    agents = [{"objectType": "contextAgent", "agent": person("omar")}]
    two = statement(10, version="2.0.0", context={"contextAgents": agents})
    again = {**statement(10, version="2.0.0", context={"contextAgents": agents})}
    again["id"] = again["id"].upper()
    found = [Found("statement", each) for each in (statement(1), two, again, statement(2))]
    accepted, every = intake().polled(found)
    assert {each.disposition for each in every} == {"mapped"}
    assert accepted
    assert sorted(map(str, accepted.ids)) == sorted(numbered(1, 2, 10))
    assert accepted.given == [0, 1, 2]
    said = {orjson.loads(line)["id"].lower(): orjson.loads(line) for line in accepted.lines}
    assert list(said) == list(map(str, accepted.ids))
    assert said[two["id"]]["context"]["contextAgents"] == agents


def test_files_that_only_the_other_lrs_has_are_named_beside() -> None:
    kept = {**FILE, "fileUrl": f"{HOME}/7.pdf"}
    inner = {k: v for k, v in statement(3).items() if k in ("actor", "verb", "object")}
    nested = {"objectType": "SubStatement", **inner, "attachments": [FILE]}
    one = statement(1, attachments=[FILE, kept], object=nested)
    said = only(intake().map("statement", one))
    assert said["attachments"] == [kept]
    assert said["object"] == {"objectType": "SubStatement", **inner}
    assert said["context"]["extensions"][LEFT_BEHIND] == [FILE, FILE]
    assert "attachments" not in only(intake().map("statement", statement(1, attachments=[FILE])))


def test_where_files_are_wanted_a_statement_does_not_come_without() -> None:
    refused = intake(attachments=True).map("statement", statement(1, attachments=[FILE]))
    assert (refused.disposition, refused.detail) == (Disposition.REJECTED, WITH_FILES)
    assert intake(attachments=True).map("statement", statement(1)).statements


def test_what_others_void_is_undone_only_where_this_connection_brought_it() -> None:
    assert intake().record_source == "hook:campus#no-void"


# What is read


def test_all_comes_in_order_and_only_once() -> None:
    asking = Asking(filled(10))
    assert ids(asking.round()) == numbered(*range(10))
    assert asking.round() == []
    asking.lrs.store(statement(10), statement(11))
    assert ids(asking.round()) == numbered(10, 11)


def test_it_logs_in_and_says_which_version_it_speaks() -> None:
    asking = Asking(filled(5), version="2.0.0")
    asking.round()
    assert len(asking.headers) > 2
    for each in asking.headers:
        assert each["authorization"] == "Basic aGVhZHdhdGVyOndvcmQ="
        assert each["x-experience-api-version"] == "2.0.0"


def test_what_was_on_its_way_is_not_missed() -> None:
    asking = Asking(lrs := filled(3))
    lrs.store(statement(3), late=True)
    lrs.store(statement(4))
    assert ids(asking.round()) == numbered(0, 1, 2)
    lrs.settle()
    assert ids(asking.round()) == numbered(3, 4)


def test_an_lrs_that_says_nothing_of_it_is_read_a_while_later() -> None:
    asking = Asking(lrs := filled(3, through=False))
    lrs.store(statement(3), late=True)
    lrs.store(statement(4))
    assert asking.round() == [], "all of it is younger than a minute"
    lrs.settle()
    lrs.now += timedelta(minutes=2)
    assert ids(asking.round()) == numbered(*range(5))
    lrs.store(statement(5))
    assert asking.round() == []


def test_a_clock_in_the_header_may_be_distrusted() -> None:
    asking = Asking(lrs := filled(3), lag_seconds=30)
    assert asking.round() == []
    lrs.now += timedelta(seconds=40)
    assert ids(asking.round()) == numbered(0, 1, 2)


def test_reading_may_begin_later() -> None:
    asking = Asking(filled(8), since=START + timedelta(seconds=1))
    assert ids(asking.round()) == numbered(4, 5, 6, 7)


def test_what_was_broken_off_goes_on_before_the_last_page() -> None:
    asking = Asking(filled(40))
    first = ids(asking.round(pages=6))
    rest = ids(asking.round())
    assert sorted({*first, *rest}) == sorted(numbered(*range(40)))
    assert len(rest) < 30, "it does not begin at the beginning"


def test_a_moment_that_is_on_several_pages_is_read_whole() -> None:
    lrs = OtherLrs(size=3)
    lrs.store(*map(statement, range(10)))
    asking = Asking(lrs)
    assert set(ids([*asking.round(pages=2), *asking.round()])) == set(numbered(*range(10)))


def test_a_more_that_has_expired_is_begun_anew() -> None:
    lrs = filled(30, size=8)
    lrs.lasts = 0  # none is ever answered: a page, and the next from its last time
    found = ids(Asking(lrs).round())
    assert set(found) == set(numbered(*range(30)))
    assert len(lrs.asked) < 30


def test_where_that_leads_no_further_it_is_told() -> None:
    lrs = OtherLrs(size=3, lasts=0)
    lrs.store(*map(statement, range(10)))
    with pytest.raises(Refused, match="expired"):
        Asking(lrs).round()


def test_a_more_that_leads_in_a_circle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lrs = filled(10)
    page = {"statements": [], "more": "/xapi/statements?cursor=t0"}
    monkeypatch.setattr(lrs, "_page", lambda some, size: page)
    lrs._more["t0"] = ([], 1 << 30)
    with pytest.raises(Unreadable, match="again and again"):
        Asking(lrs).round()


@pytest.mark.parametrize(
    "where", ["", "http://10.0.0.7:8080", "https://lrs.north.example", "//other.example"]
)
def test_a_more_is_asked_for_at_the_host_that_we_know(where: str) -> None:
    lrs = filled(10)
    page = lrs._page

    def named(some: list[dict[str, Any]], size: int) -> dict[str, Any]:
        said = page(some, size)
        return {**said, "more": where + said["more"] if said["more"] else ""}

    lrs._page = named  # type: ignore[method-assign]
    assert ids(Asking(lrs).round()) == numbered(*range(10))


def test_an_lrs_that_gives_the_newest_first_is_read_whole_before_the_cursor_moves() -> None:
    lrs = OtherLrs(size=10)
    for number in range(30):
        lrs.store(statement(number), after=2)
    upwards = lrs.listed
    lrs.listed = lambda asked: upwards(asked)[::-1]  # type: ignore[method-assign]
    asking = Asking(lrs)
    asking.round(pages=2)
    assert set(ids(asking.round())) == set(numbered(*range(30)))
    assert asking.round() == []


def test_what_is_no_list_is_told() -> None:
    lrs = filled(1)
    lrs._page = lambda some, size: {"statements": {}}  # type: ignore[method-assign]
    with pytest.raises(Unreadable, match="must be an array"):
        Asking(lrs).round()


# Voided statements


def test_a_voided_statement_comes_before_what_voids_it() -> None:
    lrs = filled(3)
    lrs.store(voiding(9, 1))
    found = Asking(lrs).round()
    assert [(each.kind, each.event["id"]) for each in found] == [
        ("statement", numbered(0)[0]), ("statement", numbered(2)[0]),
        ("voided", numbered(1)[0]), ("voiding", numbered(9)[0]),
    ]  # fmt: skip


def test_one_voided_after_it_came_is_the_same_statement_again() -> None:
    asking, campus = Asking(lrs := filled(3)), intake()
    found = asking.round()
    lrs.store(voiding(9, 1))
    found += asking.round()
    counts = counting(
        [each for one in found for each in campus.map(one.kind, one.event).statements]
    )
    assert sorted(counts) == sorted(numbered(0, 2))


def test_of_a_target_that_the_lrs_does_not_give_only_the_void_comes() -> None:
    lrs = OtherLrs()
    lrs.store(voiding(9, 1))
    assert ids(Asking(lrs).round()) == numbered(9)


@pytest.mark.parametrize("wrong", [{"verb": None}, {"object": []}, {"actor": "ida"}])
def test_a_target_that_breaks_a_rule_is_brought_to_be_refused(wrong: dict[str, Any]) -> None:
    lrs = OtherLrs()
    lrs.held.append({**statement(1), **wrong, "stored": "2026-05-04T06:00:00Z"})
    lrs.listed = lambda asked: [voiding(9, 1)]  # type: ignore[method-assign]
    lrs.answer = _giving(lrs, lrs.held[0])  # type: ignore[method-assign]
    found = Asking(lrs, agent=person("ida")).round()
    assert {each.kind for each in found} == {"voided", "voiding"}
    told = {each.kind: intake().map(each.kind, each.event).disposition for each in found}
    assert told == {"voided": Disposition.REJECTED, "voiding": Disposition.MAPPED}


def _giving(lrs: OtherLrs, voided: dict[str, Any]) -> Any:
    """The answers of an LRS that gives this one for whatever is voided."""

    def answer(path: str, asked: dict[str, str]) -> Any:
        if "voidedStatementId" in asked:
            return 200, {}, voided
        page = {"statements": lrs.listed(asked), "more": ""}
        return 200, {"X-Experience-API-Consistent-Through": START.isoformat()}, page

    return answer


# Filters


def several() -> OtherLrs:
    lrs = OtherLrs()
    for number in range(12):
        name, verb = ("ida", "omar")[number % 2], (COMPLETED, ASKED)[number % 3 == 0]
        lrs.store(statement(number, name, verb))
    lrs.store(voiding(20, 3))  # omar asked
    lrs.store(voiding(21, 4))  # ida completed
    return lrs


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"verbs": [ASKED]}, {0, 6, 9, 3, 20}),
        ({"verbs": [ASKED, COMPLETED]}, {*range(12), 20, 21}),
        ({"activities": [f"{HOME}/course/3"]}, {3, 10, 20}),
        ({"agent": person("ida")}, {0, 2, 6, 8, 10, 4, 21}),
        ({"verbs": [ASKED], "activities": [f"{HOME}/course/2", f"{HOME}/course/6"]}, {9, 6}),
    ],
)
def test_only_what_is_wanted_comes_with_what_voids_it(
    wanted: dict[str, Any], numbers: set[int]
) -> None:
    asking = Asking(several(), **wanted)
    assert set(ids(asking.round())) == set(numbered(*numbers))
    assert asking.round() == []


def test_a_registration_is_asked_for_and_held_to() -> None:
    registration = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
    asking = Asking(filled(1), registration=registration)
    asking.round()
    assert asking.lrs.asked[1][1]["registration"] == registration
    assert asking.options.wants(statement(1, context={"registration": registration.upper()}))
    assert not asking.options.wants(statement(1))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"endpoint": "lrs.north.example"}, "must begin with https"),
        ({"user": ""}, "at least 1"),
        ({"version": "1.0"}, "1.0.3"),
        ({"verbs": ["completed"]}, "is no IRI"),
        ({"agent": {"name": "Ida"}}, "needs one of account"),
        ({"registration": "7"}, "UUID"),
        ({"lag_seconds": -1}, "greater than or equal to 0"),
    ],
)
def test_wrong_options_say_why(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        options(**wrong)


def test_an_endpoint_is_known_however_it_is_written() -> None:
    said = options(endpoint="HTTPS://LRS.North.example/data/xAPI/statements/").endpoint
    assert said == "https://lrs.north.example/data/xAPI"


# Two LRSs that ask each other


class Headwater:
    """An installation as another one sees it: what its polls bring stands in its LRS."""

    def __init__(self, host: str, other: str, *, told: bool) -> None:
        self.endpoint = f"https://{host}/xapi"
        self.lrs = OtherLrs(size=4)
        ours = {"ours": [self.endpoint]} if told else {}
        self.intake = intake(endpoint=f"https://{other}/xapi", **ours)
        self.brought = 0
        self.conflicts: list[str] = []

    def ask(self, asking: Asking) -> None:
        asking.options = self.intake.connection.options  # type: ignore[assignment]
        accepted, every = self.intake.polled(asking.round())
        assert {each.detail for each in every} <= {"", FROM_HERE}
        known = {each["id"]: each for each in self.lrs.held}
        for line in accepted.lines if accepted else ():
            one = orjson.loads(line)
            self.brought += 1
            if not equivalent(known.get(one["id"], one), one):
                self.conflicts.append(one["id"])
            self.lrs.store(one)


@pytest.mark.parametrize("told", [True, False])
def test_two_that_ask_each_other_come_to_an_end(told: bool) -> None:
    one = Headwater("one.example", "two.example", told=told)
    two = Headwater("two.example", "one.example", told=told)
    asking_two, asking_one = Asking(two.lrs), Asking(one.lrs)
    for number in range(9):
        one.lrs.store(statement(number))
        two.lrs.store(statement(100 + number, context={"platform": "Portal"}))
    one.lrs.store(voiding(50, 3))
    brought = []
    for _ in range(4):
        one.ask(asking_two)
        two.ask(asking_one)
        brought.append(one.brought + two.brought)
    assert brought[-1] == brought[-2], "nothing goes round"
    names = [{each["id"] for each in side.lrs.held} for side in (one, two)]
    assert names[0] == names[1]
    assert one.conflicts == two.conflicts == []
    if told:
        assert (one.brought, two.brought) == (9, 10), "nothing is brought back"


# However it is paged, broken off, begun anew


@settings(max_examples=40)
@given(st.data())
def test_broken_off_repeated_and_shuffled_it_is_as_one_clean_pass(data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.sampled_from([0.0, 0.0, 0.3, 1.5]), min_size=1, max_size=25))
    lrs = OtherLrs(size=data.draw(st.integers(1, 6)))
    for number, gap in enumerate(gaps):
        lrs.store(statement(number, version=("1.0.0", "2.0.0")[number % 2]), after=gap)
    for place, target in enumerate(data.draw(st.sets(st.integers(0, len(gaps) - 1), max_size=3))):
        lrs.store(voiding(100 + place, target), after=0.3)
    campus = intake()

    def made(found: list[Found]) -> list[dict[str, Any]]:
        return [each for one in found for each in campus.map(one.kind, one.event).statements]

    clean = Asking(lrs).round()
    asking, found = Asking(lrs), []
    for pages in data.draw(st.lists(st.integers(1, 3), max_size=4)):
        found += asking.round(pages)
    found = data.draw(st.permutations([*found, *asking.round()]))
    assert counting(made(found)) == counting(made(clean))
    assert {each["id"] for each in made(found)} == {each["id"] for each in made(clean)}
    assert json.dumps(made(clean)) == json.dumps(made(clean))
