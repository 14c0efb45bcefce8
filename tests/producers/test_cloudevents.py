"""CloudEvents: the three modes, the handshake, how deliveries are signed, and what rules make."""

import base64
import contextlib
import hashlib
import hmac
import json
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from boundary import Kafka
from counted import counting, statements
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.testclient import TestClient

from bus import records
from producers.connections import Connection, described, load
from producers.connector import Disposition, Found
from producers.connectors.cloudevents import connector
from producers.connectors.cloudevents.envelope import BATCHED, MOST, STRUCTURED, checked
from producers.connectors.cloudevents.expressions import Expression
from producers.connectors.cloudevents.options import CloudEventsOptions
from producers.errors import ConnectionsError, TooLarge, Unreadable, Unsigned, WrongType
from producers.hooks import Hooks, application
from producers.intake import Intake, Outcome, Taken
from producers.settings import HookSettings
from producers.signatures import Delivery, standard_webhooks
from xapi.vocabulary import COUNTERPART, KIND, LANGUAGE, TEXT

SITE = "https://desk.example.com"
TOKEN = b"a-token-of-the-desk"
SIGNING = b"whsec_" + base64.b64encode(b"a secret of twenty-four!")
READ = {
    "type": "com.example.read",
    "actor": "data.who",
    "verb": "viewed",
    "behaviour": "read",
    "object": "data.page",
    "object_type": "page",
}
KEPT = {
    **READ,
    "type": "com.example.kept",
    "id": "join(':', ['kept', to_string(data.number)])",
    "verb": "bookmarked",
    "behaviour": "bookmark",
}
LET_GO = {
    "type": "com.example.let-go",
    "actor": "data.who",
    "voids": "join(':', ['kept', to_string(data.number)])",
}
CLOSED = {
    "type": "com.example.closed",
    "actor": "data.who",
    "signal": {
        "kind": "ticket",
        "item": "data.number",
        "happened": "closed",
        "place": "data.queue",
    },
}
RULES = [READ, KEPT, LET_GO, CLOSED]


def options(*rules: Mapping[str, Any], **more: Any) -> CloudEventsOptions:
    given = {"site": SITE, "platform": "Desk", "rules": list(rules) or RULES, **more}
    return CloudEventsOptions.model_validate(given)


def intake(*rules: Mapping[str, Any], secret: bytes = TOKEN, **more: Any) -> Intake:
    return Intake(Connection("desk", connector, secret, options(*rules, **more)))


def event(kind: str = "read", number: int = 1, **data: Any) -> dict[str, Any]:
    said = {"who": "ida", "page": f"/pages/{number}", "number": number, "queue": "plant", **data}
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "/desk",
        "type": f"com.example.{kind}",
        "time": f"2026-03-02T10:00:{number % 60:02d}Z",
        "data": said,
    }


def became(one: dict[str, Any], *rules: Mapping[str, Any], **more: Any) -> Taken:
    return intake(*rules, **more).map(one.get("type", ""), one)


def made(one: dict[str, Any], *rules: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    taken = became(one, *rules, **more)
    assert taken.disposition is Disposition.MAPPED, taken.detail
    return taken.statements[0]


# The modes


def structured(one: Any) -> Delivery:
    return Delivery({"content-type": f"{STRUCTURED}; charset=utf-8"}, orjson.dumps(one))


def batched(every: list[Any]) -> Delivery:
    return Delivery({"content-type": BATCHED}, orjson.dumps(every))


def binary(one: dict[str, Any], media: str = "application/json") -> Delivery:
    headers = {f"ce-{name}": quote(str(value), safe="/:") for name, value in one.items()
               if name != "data"}  # fmt: skip
    return Delivery({**headers, "content-type": media}, orjson.dumps(one["data"]))


def found(delivery: Delivery, given: CloudEventsOptions | None = None) -> list[Found]:
    assert connector.webhook
    return connector.webhook.found(connector.webhook.whole(delivery, given or options()))


def test_an_event_is_the_same_in_every_mode() -> None:
    one = event()
    (plain,) = found(structured(one))
    assert plain == Found("com.example.read", one)
    (asked,) = found(Delivery({"content-type": "application/json"}, orjson.dumps(one)))
    (of_two, _) = found(batched([one, event(number=2)]))
    (in_headers,) = found(binary(one))
    assert plain == asked == of_two
    assert in_headers.event == {**one, "datacontenttype": "application/json"}
    encoded = {**one, "data_base64": base64.b64encode(orjson.dumps(one["data"])).decode()}
    del encoded["data"]
    assert found(structured(encoded)) == [plain]


@given(st.randoms(use_true_random=False))
def test_in_any_order_any_mode_and_any_number_of_times_the_same_counts(
    chance: random.Random,
) -> None:
    kinds = ("read", "kept", "kept", "let-go")
    history = [event(kind, number // 2 + 1) for number, kind in enumerate(kinds * 4)]
    for place, one in enumerate(history):
        one["id"] = f"e{place}"
    one = intake()
    clean = counting(statements(one, found(batched(history))))
    again = [*history, *chance.sample(history, 5)]
    chance.shuffle(again)
    deliveries = []
    while again:
        mode, size = chance.choice((structured, binary, batched)), chance.randint(1, 4)
        taken, again = again[:size], again[size:]
        deliveries += [mode(taken)] if mode is batched else [mode(each) for each in taken]
    assert counting([s for each in deliveries for s in statements(one, found(each))]) == clean
    assert clean


@pytest.mark.parametrize("text", ["Euro € 😀", 'say "so"', "50%", "a/b?c=d&e", "  "])
def test_attributes_in_headers_are_percent_encoded_utf_8(text: str) -> None:
    one = {**event(), "subject": text}
    (again,) = found(binary(one))
    assert again.event["subject"] == text


def test_a_quoted_header_of_older_senders_is_read() -> None:
    delivery = binary(event())
    delivery = Delivery({**delivery.headers, "ce-subject": r'"a \"b\" \\ c%20d"'}, delivery.body)
    assert found(delivery)[0].event["subject"] == r'a "b" \ c d'


@pytest.mark.parametrize(
    ("media", "body", "data"),
    [
        ("text/plain; charset=utf-8", "größer".encode(), {"data": "größer"}),
        ("text/plain", b"\xff", {"data_base64": "/w=="}),
        ("application/xml", b"<a/>", {"data_base64": "PGEvPg=="}),
        ("application/vnd.desk+json", b'{"a": 1}', {"data": {"a": 1}}),
        ("application/json", b"null", {"data": None}),
        ("application/json", b"", {}),
    ],
)
def test_what_is_no_json_is_kept_as_it_is(media: str, body: bytes, data: dict[str, Any]) -> None:
    (again,) = found(Delivery(binary(event(), media).headers, body))
    assert {name: again.event[name] for name in again.event if name.startswith("data")} == {
        "datacontenttype": media, **data
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "body", "error"),
    [
        ({"content-type": "application/cloudevents+avro"}, b"x", WrongType),
        ({"content-type": "application/cloudevents"}, b"{}", WrongType),
        ({"content-type": "text/plain"}, b"hello", Unreadable),
        ({}, b"{}", Unreadable),
        ({"content-type": STRUCTURED}, b"{broken", Unreadable),
        ({"content-type": BATCHED}, b"[1]", Unreadable),
        ({"content-type": STRUCTURED}, b"5", Unreadable),
        ({"content-type": "application/json", "ce-id": "%C0%A0"}, b"{}", Unreadable),
        ({"content-type": "application/json", "ce-id": "1"}, b"{broken", Unreadable),
        ({"content-type": BATCHED}, orjson.dumps([{}] * (MOST + 1)), TooLarge),
    ],
)
def test_what_is_no_delivery_of_events_is_told(
    headers: dict[str, str], body: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        found(Delivery(headers, body))
    assert len(str(caught.value)) > 10


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"time": None, "subject": None, "datacontenttype": None, "dataschema": None},
        {"source": "#fragment"},
        {"time": "2018-04-05T17:31:00.000000000Z"},
        {"time": "2018-04-05t17:31:00-01:00"},
        {"extinteger": 10, "extboolean": True, "extbinary": "TWE="},
        {"datacontenttype": "text/plain", "data": "Simple text"},
    ],
)
def test_what_the_specification_calls_valid_is_taken(change: dict[str, Any]) -> None:
    (one,) = found(structured({**event(), **change}))
    checked(one.event)
    assert None not in one.event.values()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"specversion": None}, "specversion"),
        ({"specversion": "0.3"}, "specversion"),
        ({"id": None}, "`id`"),
        ({"id": ""}, "`id`"),
        ({"id": 25}, "`id`"),
        ({"source": ""}, "`source`"),
        ({"type": None}, "`type`"),
        ({"type": {}}, "`type`"),
        ({"time": "lunchtime"}, "`time`"),
        ({"time": "2018-04-05T18:31Z"}, "`time`"),
        ({"time": "2018-04-05T18:31:00X"}, "`time`"),
        ({"time": "2018-04-05T18:31:00+25:00"}, "`time`"),
        ({"time": "2018-04-05T18:31:00+05"}, "`time`"),
        ({"time": 5}, "`time`"),
        ({"data_base64": "eyAieHl6IjogMTIzIH0="}, "`data_base64`"),
    ],
)
def test_what_the_specification_calls_invalid_is_refused(change: dict[str, Any], says: str) -> None:
    one = intake()
    (taken,) = (one.map(each.kind, each.event) for each in found(structured(event() | change)))
    assert taken.disposition is Disposition.REJECTED
    assert says in taken.detail
    assert not taken.statements


# What rules make


def test_an_act_is_known_by_its_source_and_id_under_the_tools_address() -> None:
    ids = {
        made(event())["id"],
        made({**event(), "id": "e9"})["id"],
        made({**event(), "source": "/other"})["id"],
        made(event(), site="https://other.example.com")["id"],
        made({**event(), "source": '/desk","e1'})["id"],
    }
    assert len(ids) == 5
    later = {**event(), "time": "2026-03-03T10:00:00Z", "data": event()["data"]}
    assert made(later)["id"] == made(event())["id"]
    assert made(event(), CLOSED, {**READ, "topic": "data.queue"})["id"] == made(event())["id"]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("/a b/ü", f"{SITE}/a%20b/%C3%BC"),
        ("pages/1?x=y#z", f"{SITE}/pages/1?x=y#z"),
        ("https://other.example.com/x", "https://other.example.com/x"),
        ("urn:isbn:123", "urn:isbn:123"),
        ("page:17", f"{SITE}/page:17"),
        ("javascript:alert(1)", f"{SITE}/javascript:alert(1)"),
        (7, f"{SITE}/7"),
    ],
)
def test_an_object_is_a_whole_address_or_one_below_the_tools(given: Any, address: str) -> None:
    assert made(event(page=given))["object"]["id"] == address


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"who": None}, "`actor`: `data.who` gives nothing"),
        ({"who": ""}, "`actor`: `data.who` gives nothing"),
        ({"who": "  "}, "`actor`: `data.who` gives a blank"),
        ({"who": ["ida", "bo"]}, "`actor`: `data.who` gives a list, not a text"),
        ({"who": {"name": "ida"}}, "gives an object, not a text"),
        ({"who": True}, "gives a truth value, not a text"),
        ({"who": 1.5}, "gives a number with a point, not a text"),
        ({"who": "x" * 1001}, "gives no name"),
        ({"who": "ida\nbo"}, "gives no name"),
        ({"page": "https://a b"}, "breaks a rule"),
    ],
)
def test_an_event_of_which_a_rule_can_make_nothing_is_refused(
    data: dict[str, Any], says: str
) -> None:
    taken = became(event(**data))
    assert taken.disposition is Disposition.REJECTED
    assert says in taken.detail
    assert "ida" not in taken.detail


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"actor": "lower(data)"}, "evaluated: lower() takes string, not object"),
        ({"actor": "sort_by(data.list, &a)[0]"}, "`actor`: `sort_by(data.list, &a)[0]` cannot be"),
        ({"when": "sum(data)"}, "rule #1 (com.example.read), `when`: `sum(data)` cannot be"),
        ({"verb": "data.who"}, "`verb`: `data.who`: 'ida' is none of: annotated"),
        ({"verb": "data.void"}, "`verb`: `data.void`: 'voided' is none of: annotated"),
        ({"verb": "data.text"}, "`verb`: `data.text`: 'a text' is none of: annotated"),
        ({"behaviour": "data.number"}, "`behaviour`: `data.number`: '1' is none of"),
        ({"time": "data.who"}, "`time`: `data.who` gives no date and time"),
        ({"topic": "data"}, "`topic`: `data` gives an object"),
        ({"tags": "[data]"}, "`tags`: `[data]` gives an object"),
        ({"tags": "data.many"}, "`tags`: `data.many` gives more than 100"),
        ({"counterpart": "`[]`"}, "`counterpart`: ``[]`` gives a list"),
        ({"success": "data.who"}, "`success`: `data.who` gives neither true nor false"),
    ],
)
def test_an_expression_that_cannot_be_evaluated_is_told_with_its_rule(
    change: dict[str, Any], says: str
) -> None:
    taken = became(
        event(void="voided", text="What a day!", list=[{"a": 1}, {"a": "x"}], many=["x"] * 101),
        {**READ, **change},
    )
    assert taken.disposition is Disposition.REJECTED
    assert says in taken.detail
    assert "What a day" not in taken.detail


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        ("2026-03-02t11:00:01.5+01:00", "2026-03-02T10:00:01.500Z"),
        ("2026-03-02T10:00:01.123456789z", "2026-03-02T10:00:01.123Z"),
        ("9999-12-31T23:59:59-23:00", None),
    ],
)
def test_the_time_is_the_events_in_utc(written: str, counts: str | None) -> None:
    taken = became({**event(), "time": written})
    if counts is None:
        assert "`time` gives no date and time" in taken.detail
    else:
        assert taken.statements[0]["timestamp"] == counts


def test_what_an_event_may_lack_it_may_lack() -> None:
    rule = {
        **READ,
        "topic": "data.x",
        "tags": "data.x",
        "counterpart": "data.x",
        "object_name": "x",
    }
    one = event()
    del one["time"]
    told = made(one, rule)
    assert "timestamp" not in told
    assert told["context"]["extensions"].keys() == {KIND}
    assert "name" not in told["object"]["definition"]


@pytest.mark.parametrize("keeps", ["nothing", "titles", "texts"])
def test_what_is_kept_of_a_title_and_a_text(keeps: str) -> None:
    rule = {**READ, "object_name": "'7'", "title": "data.t", "text": "data.s"}
    said = "Why does the export of the nightly job fail?\n\nIt did so before.\n" * 40
    one = event()
    one["data"] |= {"t": "The export", "s": said}
    (told,) = became(one, rule, keeps=keeps).statements
    name = told["object"]["definition"]["name"]
    assert name == {"und": "7" if keeps == "nothing" else "The export"}
    extensions = told["context"]["extensions"]
    assert extensions[LANGUAGE] == "en"
    assert extensions.get(TEXT) == (said.strip() if keeps == "texts" else None)
    assert (
        "`text`: `data.s` gives no text"
        in became({**one, "data": {**one["data"], "s": 7}}, rule).detail
    )


def test_who_is_a_login_at_an_address_or_a_mail_address() -> None:
    assert made(event())["actor"]["account"] == {"homePage": SITE, "name": "ida"}
    forge = made(event(), accounts="https://Forge.example.com/")
    assert forge["actor"]["account"]["homePage"] == "https://forge.example.com"
    mail = made(event(who="Ida@Example.com"), accounts="mail")
    assert mail["actor"] == {"objectType": "Agent", "mbox": "mailto:ida@example.com"}
    assert "gives no mail address" in became(event(), accounts="mail").detail


@pytest.mark.parametrize("who", ["indexer", "renovate-bot", "sync[bot]"])
def test_programs_learn_nothing_and_are_nobodys_counterpart(who: str) -> None:
    with_other = {**READ, "counterpart": "data.other"}
    assert became(event(who=who), bots=["indexer"]).disposition is Disposition.IGNORED
    told = made(event(other=who), with_other, bots=["indexer"])
    assert COUNTERPART not in told["context"]["extensions"]
    assert COUNTERPART in made(event(other="bo"), with_other)["context"]["extensions"]


def test_the_first_rule_of_a_type_that_holds_counts() -> None:
    rules = (
        {**READ, "when": "data.page == '/a'", "behaviour": "search"},
        {**READ, "type": "com.example.*", "when": "data.page == '/b'", "behaviour": "explore"},
        {**READ, "behaviour": "locate", "when": "data.page != '/c'"},
    )

    def behaviour(page: str) -> str:
        told = made(event(page=page), *rules)
        return str(told["context"]["contextActivities"]["category"][0]["id"]).rpartition("/")[2]

    assert [behaviour(page) for page in ("/a", "/b", "/d")] == ["search", "explore", "locate"]
    assert became(event(page="/c"), *rules).disposition is Disposition.IGNORED


def test_a_type_is_mapped_ignored_with_its_reason_or_unsupported() -> None:
    ignored = {"com.example.beat": "a pulse", "com.example.debug.*": "for programmers"}
    for kind, disposition, why in (
        ("beat", Disposition.IGNORED, "a pulse"),
        ("debug.x", Disposition.IGNORED, "for programmers"),
        ("beats", Disposition.UNSUPPORTED, "no rule of the connection is of the type"),
    ):
        taken = became(event(kind), ignored=ignored)
        assert taken.disposition is disposition
        assert why in taken.detail


def test_a_signal_is_told_beside_a_statement_and_each_costs_not_the_other() -> None:
    both = {**READ, "signal": {**CLOSED["signal"], "detail": "data.detail"}}
    taken = became(event(), both)
    (signal,) = taken.signals
    assert (signal.item, signal.link) == (f"{SITE}/ticket/1", f"{SITE}/pages/1")
    assert (signal.actor, signal.at) == (f"account:{SITE}|ida", "2026-03-02T10:00:01.000Z")
    assert len(taken.statements) == 1
    half = became(event(queue=None), both)
    assert (half.disposition, len(half.statements), half.signals) == ("rejected", 1, ())
    assert "`signal.place`: `data.queue` gives nothing" in half.detail
    other = became(event(who=None), both)
    assert (other.disposition, other.statements, len(other.signals)) == ("rejected", (), 1)
    machine = became(event(who="indexer"), both, bots=["indexer"])
    assert (machine.disposition, machine.statements) == ("mapped", ())
    assert machine.signals[0].actor == ""
    timeless = event("closed")
    del timeless["time"]
    assert "a work signal needs one" in became(timeless).detail


def test_what_is_taken_back_is_void_whoever_takes_it_back() -> None:
    kept = made(event("kept"))
    for who in ("ida", "sync-bot"):
        back = made(event("let-go", 1, who=who))
        assert back["object"] == {"objectType": "StatementRef", "id": kept["id"]}
    many = {**LET_GO, "voids": "data.ids"}
    taken = became(event("let-go", ids=["kept:1", "kept:2"]), many)
    assert taken.statements[0]["object"]["id"] == kept["id"]
    assert len({each["id"] for each in taken.statements}) == 2
    assert "gives nothing" in became(event("let-go", ids=[]), many).detail


def test_functions_tell_of_a_text_what_is_asked() -> None:
    said = {"question": "Who knows pump four?", "nod": "+1", "text": "By hand.", "none": None}

    def of(expression: str) -> Any:
        return Expression(expression).of(said)

    assert [of(f"asks({each})") for each in said] == [True, False, False, False]
    assert [of(f"says({each})") for each in said] == [True, False, True, False]
    assert of("lower('Ida')") == "ida"


@given(st.text(max_size=30) | st.text("ab.[]*&|!`'\"(){}:,@?=<0-1 ", max_size=30))
def test_any_text_is_an_expression_or_told(text: str) -> None:
    with contextlib.suppress(ValueError):
        read = Expression(text)
        assert str(read) == text
        read.of(event())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["who", "page", "number", "queue"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_an_event_holds_it_is_decided(data: Any) -> None:
    rules = [{**READ, "when": "type(data) != 'array' || length(data) > `1`"}, *RULES[1:]]
    for kind in ("read", "kept", "let-go", "closed", "new"):
        taken = became({**event(kind), "data": data}, *rules)
        assert taken.disposition in Disposition


# What is wrong with rules is told when they are read

HEAD = """
[[connection]]
name = "desk"
connector = "cloudevents"
secret = "file:secret"
[connection.options]
site = "https://desk.example.com"
platform = "Desk"
[[connection.options.rules]]
type = "com.example.read"
actor = "data.who"
verb = "viewed"
behaviour = "read"
object = "data.page"
object_type = "page"
"""


def loaded(folder: Path, text: str, secret: bytes = TOKEN) -> Connection:
    (folder / "secret").write_bytes(secret)
    (folder / "connections.toml").write_text(text, "utf-8")
    return load(folder / "connections.toml")["desk"]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('"data.who"', '"data.[who"', 11, "'data.[who' is no JMESPath"),
        ('"data.who"', '"data.who ="', 11, "no JMESPath"),
        ('"data.who"', '""', 11, "at least 1 character"),
        ('"data.who"', "5", 11, "valid string"),
        ('"data.who"', '"upper(data.who)"', 11, "there is no function 'upper'; there are: abs"),
        ('"data.who"', '"lower(data, who)"', 11, "lower() takes 1 arguments, not 2"),
        ('"data.who"', '"a[?lower(b, c)]"', 11, "lower() takes 1 arguments, not 2"),
        ('"data.who"', '"!data.who"', 11, "write it as in !(a.b)"),
        ('"viewed"', '"veiwed"', 12, "did you mean 'viewed'?"),
        ('"viewed"', "\"'seen'\"", 12, "'seen' is none of: annotated"),
        ('"viewed"', '"voided"', 12, "did you mean"),
        ('"read"\nobj', '"`5`"\nobj', 13, "5 is none of: ask"),
        ('verb = "viewed"\n', "", 9, "missing: verb"),
        ('actor = "data.who"\nverb', "verb", 9, "missing: actor"),
        ('"page"', '"page"\nsubject = "x"', 16, "there are: actor, behaviour, counterpart"),
        ('"page"', '"page"\nvoids = "id"', 9, "`voids` takes something back; leave out verb"),
        ('"page"', '"page"\nsignal.kind = "ticket"', 9, "'rules.#1.signal.item'"),
        ('"page"', '"page"\n[[connection.options.rules]]\ntype = "x"', 16, "missing: actor, verb"),
        (
            '"page"',
            '"page"\n[[connection.options.rules]]\ntype = "com.example.read"\nactor = "a"\n'
            'voids = "b"',
            6,
            "rule #2 is never reached, for rule #1 is",
        ),
        ('"data.who"', f'"{"(" * 2000}"', 11, "nested too deeply"),
        ('"page"', '"page"\n[connection.options.ignored]\n"com.example.read" = "x"', 6, "too"),
        ('"Desk"', '"Desk"\naccounts = "forge"', 9, "it must be 'mail' or begin with"),
        ('"Desk"', '"Desk"\nauthentication = "basic"', 9, "'bearer', 'standard-webhooks' or 'h"),
        ('platform = "Desk"\n', "", 6, "'platform' of cloudevents: Field required"),
    ],
)
def test_a_wrong_mapping_is_told_by_line_and_reason(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in HEAD
    with pytest.raises(ConnectionsError) as caught:
        loaded(tmp_path, HEAD.replace(old, new, 1))
    assert f"connections.toml, line {line} (connection 1)" in str(caught.value)
    assert says in str(caught.value)


def test_the_rules_that_are_shown_make_what_is_said_of_them(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "connecting.md").read_text("utf-8")
    blocks = re.findall(r"^```toml\n(\[\[connection\]\].*?)^```", page, re.MULTILINE | re.DOTALL)
    (shown,) = (each for each in blocks if 'connector = "cloudevents"' in each)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "portal").write_bytes(TOKEN)
    (tmp_path / "connections.toml").write_text(shown, "utf-8")
    one = Intake(load(tmp_path / "connections.toml")["portal"])

    def of(kind: str, **data: Any) -> Taken:
        told = {**event(), "type": f"com.example.portal.{kind}", "data": data}
        return one.map(str(told["type"]), told)

    viewed = of("page.viewed", reader="ida", path="/pumps", space="handbook", draft=False)
    assert viewed.statements[0]["object"]["id"] == "https://portal.example.com/pumps"
    assert of("page.viewed", draft=True).disposition is Disposition.IGNORED
    assert of("heartbeat").detail == "says that the portal lives"
    kept = of("bookmark.added", bookmark="b7", owner="ida", path="/pumps")
    let_go = of("bookmark.removed", bookmark="b7", owner="ida")
    assert let_go.statements[0]["object"]["id"] == kept.statements[0]["id"]
    answered = of(
        "request.answered", agent="bo", path="/r/8", requester="ida", request=8, queue="a"
    )
    assert answered.statements[0]["context"]["extensions"]
    assert (answered.signals[0].happened, answered.signals[0].place) == ("answered", "a")


def test_a_connection_without_a_rule_is_none(tmp_path: Path) -> None:
    text = HEAD.partition("[[connection.options.rules]]")[0]
    with pytest.raises(ConnectionsError, match=r"line 6 .*'rules' of cloudevents: Field required"):
        loaded(tmp_path, text)


@pytest.mark.parametrize(
    ("authentication", "secret", "says"),
    [
        ("standard-webhooks", b"whsec_no base64!", "what follows whsec_ must be Base64"),
        ("standard-webhooks", b"whsec_abc", "what follows whsec_ must be Base64"),
        ("standard-webhooks", b"whsec_", "nothing follows whsec_"),
        ("bearer", b"two words", "a token is of ASCII"),
        ("bearer", "tökén".encode(), "a token is of ASCII"),
        ("hmac", "tökén of two words".encode(), ""),
        ("standard-webhooks", SIGNING, ""),
        ("bearer", b"whsec_abc", ""),
    ],
)
def test_a_secret_that_can_never_sign_is_told_when_it_is_read(
    tmp_path: Path, authentication: str, secret: bytes, says: str
) -> None:
    said = f'platform = "Desk"\nauthentication = "{authentication}"'
    text = HEAD.replace('platform = "Desk"', said)
    if not says:
        assert loaded(tmp_path, text, secret).secret == secret
        return
    with pytest.raises(ConnectionsError, match=r"line 5 \(connection 1\)") as caught:
        loaded(tmp_path, text, secret)
    assert says in str(caught.value)
    assert secret == b"whsec_" or secret.decode() not in str(caught.value)


def test_options_go_into_a_description_and_back() -> None:
    given = options(origins=["Events.Example.com"], accounts="mail")
    told = json.loads(json.dumps(given.model_dump(mode="json", exclude_unset=True)))
    assert CloudEventsOptions.model_validate(told) == given
    assert (
        described({"desk": Connection("desk", connector, TOKEN, given)})["options"]["desk"] == told
    )
    with pytest.raises(ValidationError):
        options(hmac_header="X Signature")


# The door


class Door:
    """A hooks server of one connection."""

    def __init__(self, http: TestClient, kafka: Kafka) -> None:
        self.http = http
        self.kafka = kafka

    def send(self, delivery: Delivery, address: str = "", **headers: str) -> Any:
        said = {**delivery.headers, **headers}
        return self.http.post(f"/hooks/desk{address}", content=delivery.body, headers=said)

    def kept(self) -> list[dict[str, Any]]:
        return [orjson.loads(each) for each in self.kafka.of("xapi.rejected")]


def door(folder: Path, secret: bytes = TOKEN, **more: Any) -> Iterator[Door]:
    settings = HookSettings(data=folder, hooks_minimum_free=0)
    kafka = Kafka()
    hooks = Hooks(settings, {"desk": intake(secret=secret, **more)}, kafka)
    with TestClient(application(hooks)) as http:
        yield Door(http, kafka)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Door]:
    yield from door(tmp_path, origins=["events.example.com", "Other.example.com"])


BEARER = {"authorization": f"Bearer {TOKEN.decode()}"}


@pytest.mark.parametrize("delivery", [structured(event()), binary(event()), batched([event()])])
def test_a_delivery_with_the_token_is_one_record(desk: Door, delivery: Delivery) -> None:
    answer = desk.send(delivery, **BEARER)
    assert answer.status_code == 200
    assert answer.json() == {"kind": "com.example.read", "result": "mapped", "statements": 1}
    assert answer.headers["content-type"].startswith("application/json")
    ((topic, _, value, _),) = desk.kafka.messages
    assert topic == "xapi.statements"
    (line,) = records.lines(value)
    assert json.loads(line)["authority"]["account"]["name"] == "desk"


def test_a_token_may_stand_in_the_address(desk: Door) -> None:
    answer = desk.send(structured(event()), f"?access_token={TOKEN.decode()}&p=q")
    assert answer.status_code == 200
    assert "private" in answer.headers["cache-control"]
    assert desk.send(structured(event()), "?access_token=wrong").status_code == 401
    both = desk.send(
        structured(event()), f"?access_token={TOKEN.decode()}", authorization="Bearer wrong"
    )
    assert both.status_code == 401


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, 'Bearer realm="hooks"'),
        ({"authorization": "Bearer wrong"}, 'Bearer realm="hooks", error="invalid_token"'),
        ({"authorization": f"Basic {TOKEN.decode()}"}, 'Bearer realm="hooks", error='),
        ({"authorization": "Bearer"}, 'Bearer realm="hooks", error='),
        ({"authorization": f"Bearer {TOKEN.decode()}x"}, 'Bearer realm="hooks", error='),
    ],
)
def test_without_the_token_it_is_401_and_says_what_is_asked(
    desk: Door, headers: dict[str, str], challenge: str
) -> None:
    answer = desk.send(structured(event()), **headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith(challenge)
    assert desk.kafka.messages == []


def test_a_wrong_token_is_answered_before_the_body_is_read() -> None:
    with pytest.raises(Unsigned):
        intake().check({"authorization": "Bearer wrong", "content-type": STRUCTURED})
    intake().check({**BEARER, "content-type": STRUCTURED})


@pytest.mark.parametrize(
    "origin", ["events.example.com", "Events.Example.COM", "other.example.com"]
)
def test_a_sender_that_is_named_may_send(desk: Door, origin: str) -> None:
    asked = {"WebHook-Request-Origin": origin, "WebHook-Request-Rate": "120"}
    answer = desk.http.options("/hooks/desk", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["webhook-allowed-origin"] == origin
    assert answer.headers["webhook-allowed-rate"] == "*"
    assert answer.headers["allow"] == "POST"
    assert desk.kafka.messages == []


@pytest.mark.parametrize("origin", [None, "", "*", "evil.example.com", "events.example.com.evil"])
def test_any_other_is_not_asked_in(desk: Door, origin: str | None) -> None:
    asked = {} if origin is None else {"WebHook-Request-Origin": origin}
    answer = desk.http.options("/hooks/desk", headers=asked)
    assert answer.status_code == 405
    assert not {name for name in answer.headers if name.startswith("webhook-")}
    assert ("do not name it" in answer.json()["error"]) is bool(origin)


def test_where_no_sender_is_named_none_is_answered(tmp_path: Path) -> None:
    for each in door(tmp_path):
        asked = {"WebHook-Request-Origin": "events.example.com"}
        assert each.http.options("/hooks/desk", headers=asked).status_code == 405


def test_an_event_that_is_refused_costs_no_other_and_is_kept_whole(desk: Door) -> None:
    every = [event(number=1), event(number=2, who=None), event("new", 3), event(number=4)]
    answer = desk.send(batched(every), **BEARER)
    assert answer.status_code == 202
    assert answer.json()["statements"] == 2
    assert (
        "rule #1 (com.example.read), `actor`: `data.who` gives nothing" in answer.json()["reason"]
    )
    (kept,) = desk.kept()
    assert orjson.loads(kept["body"]) == every
    assert "authorization" not in kept["headers"]


def test_what_is_kept_of_an_event_in_headers_is_all_of_it(desk: Door) -> None:
    first, second = event("new", 1), event("new", 2)
    second["data"] = first["data"]
    for one in (first, second, first):
        assert desk.send(binary(one), **BEARER).status_code == 202
    kept = desk.kept()
    assert len({each["id"] for each in kept}) == len(kept) == 2  # alike but for their headers
    again = Delivery(kept[0]["headers"], kept[0]["body"].encode())
    (once_more,) = found(again)
    assert once_more.event == {**first, "datacontenttype": "application/json"}


def test_the_body_of_a_signed_delivery_says_all(tmp_path: Path) -> None:
    digest = {"hmac_header": "X-Desk-Signature", "hmac_prefix": "sha256="}
    for each in door(tmp_path, authentication="hmac", **digest):
        one = structured(event())
        right = "sha256=" + hmac.new(TOKEN, one.body, hashlib.sha256).hexdigest()
        assert each.send(one, **{"X-Desk-Signature": right}).json()["result"] == "mapped"
        wrong = each.send(one, **{"X-Desk-Signature": right[:-1] + "x"})
        assert (wrong.status_code, wrong.headers["www-authenticate"][:9]) == (401, "Signature")
        assert each.send(one, **BEARER).status_code == 401
        two = binary(event())
        signed = "sha256=" + hmac.new(TOKEN, two.body, hashlib.sha256).hexdigest()
        refused = each.send(two, **{"X-Desk-Signature": signed})
        assert refused.status_code == 415
        assert STRUCTURED in refused.json()["error"]
        assert len(each.kafka.messages) == 1


def test_standard_webhooks_sign_by_choice(tmp_path: Path) -> None:
    for each in door(tmp_path, SIGNING, authentication="standard-webhooks"):
        one = structured(event())
        signature = standard_webhooks.sign(one, SIGNING)
        assert each.send(one, **signature).json()["result"] == "mapped"
        old = {**signature, "webhook-timestamp": str(int(signature["webhook-timestamp"]) - 301)}
        assert each.send(one, **old).status_code == 401
        for name in signature:
            changed = {**signature, name: signature[name][::-1]}
            assert each.send(one, **changed).status_code == 401
        assert each.send(one, authorization=f"Bearer {SIGNING.decode()}").status_code == 401


def test_an_empty_batch_is_no_fault(desk: Door) -> None:
    answer = desk.send(batched([]), **BEARER)
    assert (answer.status_code, answer.json()["result"]) == (200, "ignored")


def test_too_many_at_once_are_told(desk: Door) -> None:
    answer = desk.send(batched([event()] * (MOST + 1)), **BEARER)
    assert answer.status_code == 413
    assert f"at most {MOST}" in answer.json()["error"]
    assert desk.kafka.messages == []


def test_a_delivery_and_its_replay_are_told_the_same() -> None:
    one = intake(authentication="hmac")
    body = orjson.dumps(event(who=None))
    assert connector.webhook
    headers = {"content-type": STRUCTURED}
    signed = connector.webhook.signed(headers, body, TOKEN, one.connection.options)
    first = one.take(Delivery(signed, body))
    assert isinstance(first, Outcome)
    assert first.message
    kept = orjson.loads(first.message.value)
    again = connector.webhook.signed(
        kept["headers"], kept["body"].encode(), TOKEN, one.connection.options
    )
    second = one.take(Delivery(again, kept["body"].encode()))
    assert isinstance(second, Outcome)
    assert (second.digest, second.detail) == (first.digest, first.detail)
