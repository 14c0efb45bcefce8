"""`POST /kpi/observations`: all or nothing, every wrong field told, durable when answered."""

import base64
import json
import os
from typing import Any

import pytest

from bus import loads
from lrs.access.credential_records import made
from lrs.errors import Unavailable
from lrs.kpis.figures import read
from lrs.kpis.resource import MOST_BYTES
from producers.loads.kpi import load
from serving.followed import STILL

PATH = "/kpi/observations"
FIGURE = {
    "kpi": "speed",
    "unit": "points",
    "direction": "up",
    "team": "Blue",
    "period": "2026-W10",
    "value": 12.5,
    "n": 3,
}
AGENT = {"objectType": "Agent", "account": {"homePage": "https://kpi.example.org", "name": "a"}}
CATALOGUE = """
[[kpi]]
name = "solved"
unit = "%"
direction = "up"
aggregation = "ratio"
owner = "Support"
source = "help desk"
"""


@pytest.fixture
def given(application):
    """Gives the headers of a new credential."""

    def give(*scopes, rate=0.0):
        credential, secret = made("a", scopes, AGENT, "2024-05-31T08:30:00Z", rate)
        application._credentials.put(credential)
        return {"Authorization": "Basic " + base64.b64encode(f"a:{secret}".encode()).decode()}

    return give


@pytest.fixture
def send(ask):
    """Sends figures, or a body as it is."""

    def sent(body: Any, **more: Any):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask("POST", PATH, content=content, **more)

    return sent


def test_what_is_stored_is_what_the_loader_sends(send, publisher) -> None:
    csv = b"kpi,unit,direction,team,period,value,n\nspeed,points,up,Blue,2026-W10,12.5,3\n"
    (entry,) = load.read(csv, load.know({name: [] for name in load.asks})).entries
    answer = send([FIGURE])
    assert answer.status_code == 200
    said = answer.json()
    assert said["observations"] == 1
    ((topic, entries, closing),) = publisher.loads
    assert topic == load.topic.name
    key, value = load.record(entry)
    ((sent_key, sent_value),) = entries
    assert sent_key == key
    assert json.loads(sent_value) == {"load": said["load"], **value}
    assert closing[0] == f"load:{said['load']}".encode()
    assert loads.read(closing[1], load.counted) == loads.Closing(said["load"], 1)


def test_one_figure_needs_no_array_and_no_version(send, publisher) -> None:
    assert send(FIGURE, headers={"X-Experience-API-Version": None}).status_code == 200
    assert len(publisher.loads) == 1


def test_it_needs_a_scope_of_its_own(send, given, publisher) -> None:
    for scopes in (["statements/write", "all/read", "state", "profile"], ["define"]):
        answer = send(FIGURE, headers=given(*scopes))
        assert answer.status_code == 403
        assert "kpi/write" in answer.json()["error"]["message"]
    assert send(FIGURE, headers={"Authorization": None}).status_code == 401
    assert send(FIGURE, headers={"Authorization": "Basic YTpi"}).status_code == 401
    assert publisher.loads == []
    only = given("kpi/write")
    assert send(FIGURE, headers=only).status_code == 200
    assert send(FIGURE, headers=given("all")).status_code == 200


def test_whoever_may_send_figures_may_not_write_statements(ask, given) -> None:
    answer = ask("POST", "/xapi/statements", content=b"{}", headers=given("kpi/write"))
    assert answer.status_code == 403


def test_a_rate_counts_figures(send, given) -> None:
    headers = given("kpi/write", rate=2.0)
    rows = [{**FIGURE, "team": str(number)} for number in range(5)]
    assert send(rows, headers=headers).status_code == 200
    answer = send(FIGURE, headers=headers)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_bodies_are_bounded_and_typed(send, publisher) -> None:
    large = json.dumps([FIGURE]).encode() + b" " * MOST_BYTES
    assert send(large).status_code == 413
    assert send(FIGURE, headers={"Content-Type": "text/csv"}).status_code == 415
    assert send(FIGURE, headers={"Content-Encoding": "br"}).status_code == 415
    assert publisher.loads == []


def test_without_kafka_nothing_is_said_to_be_stored(send, publisher) -> None:
    publisher.refusal = Unavailable("Kafka does not answer; nothing was stored")
    answer = send(FIGURE)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body is not valid JSON"),
        (b"[1", "the body is not valid JSON"),
        (b"[" * 100_000, "the body is not valid JSON"),
        (b'{"kpi": 1, "kpi": 2}', "an object has 'kpi' twice"),
        (b'[{"value": NaN}]', "NaN is not JSON"),
        (b"[]", "the body must be an array of figures, or one figure"),
        (b'"x"', "the body must be an array of figures, or one figure"),
        (b"\xff", "the body is not valid JSON"),
    ],
)
def test_a_body_that_holds_no_figures_is_told(send, body: bytes, said: str) -> None:
    answer = send(body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"kpi": None}, "kpi", "it is missing"),
        ({"kpi": ""}, "kpi", "must be a text of 1 to 300 characters on one line"),
        ({"kpi": "a" * 301}, "kpi", "must be a text of 1 to 300"),
        ({"kpi": 7}, "kpi", "it must be a text"),
        (
            {"kpi": "issue_hours_to_close"},
            "kpi",
            "derives 'issue_hours_to_close' itself; use another name",
        ),
        ({"team": " Blue"}, "team", "without blanks around it"),
        ({"team": "Bl\x00ue"}, "team", "must be a text"),
        ({"unit": None}, "unit", "it is missing, and kpis.toml does not declare the KPI"),
        ({"direction": None}, "direction", "it is missing, and kpis.toml"),
        ({"direction": "sideways"}, "direction", "must be up or down"),
        ({"period": "2026-W60"}, "period", "is not on the calendar"),
        ({"period": "last week"}, "period", "must read 2026-03-02"),
        ({"period": "1969-01"}, "period", "1970"),
        ({"value": None}, "value", "it is empty"),
        ({"value": "12.5"}, "value", "it must be a number"),
        ({"value": True}, "value", "it must be a number"),
        ({"n": 1.5}, "n", "it must be a whole number"),
        ({"n": -1}, "n", "must be a whole number, 0 or more"),
        ({"revision": 0}, "revision", "a revision is 1 or more"),
        ({"denominator": 2}, "numerator", "it is empty, and there is a denominator"),
        ({"numerator": 1, "denominator": 0}, "denominator", "0 divides nothing"),
        ({"vlaue": 1}, "vlaue", "there is no such field"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_field(
    send, publisher, change: dict[str, Any], field: str, said: str
) -> None:
    answer = send([FIGURE, {**FIGURE, "team": "Red", **change}])
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["path"] == f"$[1].{field}"
    assert f"row 2, field {field}: " in error["message"]
    assert said in error["message"]
    assert "Nothing was stored" in error["message"]
    assert publisher.loads == []


def test_every_wrong_row_is_told(send) -> None:
    rows = [{**FIGURE, "value": "x", "team": str(number)} for number in range(30)]
    message = send(rows).json()["error"]["message"]
    assert "row 1, field value" in message
    assert "row 20, field value" in message
    assert "and 10 more" in message


def test_rows_of_one_batch_fit_together(send) -> None:
    twice = send([FIGURE, FIGURE]).json()["error"]
    assert twice["message"].startswith("row 2: row 1 is of this KPI, team and period already")
    other = send([FIGURE, {**FIGURE, "team": "Red", "unit": "euros"}]).json()["error"]
    assert other["path"] == "$[1].unit"


def test_what_the_catalogue_declares_need_not_be_sent_and_is_taken_up_at_once(
    send, settings, publisher, ask
) -> None:
    ratio = {"kpi": "solved", "team": "Blue", "period": "2026-03", "numerator": 3, "denominator": 4}
    assert send(ratio).status_code == 400
    file = settings.data / "kpis.toml"
    write(file, CATALOGUE)
    assert send(ratio).status_code == 200
    ((_, ((_, value),), _),) = publisher.loads
    assert json.loads(value) | {"load": ""} == {
        "load": "", "kpi": "solved", "unit": "%", "direction": "up", "team": "Blue",
        "period": "2026-03-01", "grain": "month", "value": 75.0, "n": 4, "numerator": 3.0,
        "denominator": 4.0,
    }  # fmt: skip
    for change, field in (({"direction": "down"}, "direction"), ({"unit": "share"}, "unit")):
        assert send({**ratio, **change}).json()["error"]["path"] == f"$[0].{field}"
    plain = {**ratio, "numerator": None, "denominator": None, "value": 75}
    assert send(plain).json()["error"]["path"] == "$[0].numerator"
    write(file, CATALOGUE.replace('"up"', '"sideways"'))
    assert send(ratio).status_code == 200, "what it said before is in force"
    (problem,) = (each for each in ask("GET", "/healthz").json()["problems"])
    assert problem["what"].startswith("kpis.toml cannot be taken up")
    file.unlink()
    assert send(ratio).status_code == 400


def write(file: Any, text: str) -> None:
    """Writes a file that has stood still for long enough, other than any before."""
    file.write_text(text)
    moved = file.stat().st_mtime - STILL - len(text) / 100
    os.utime(file, (moved, moved))


def test_the_direction_that_the_warehouse_knows_stays() -> None:
    known = {"speed": ("points", "down")}
    with pytest.raises(Exception, match="it is 'up', and 'down' in the warehouse"):
        read([FIGURE], {}, known)
    (found,) = read([{**FIGURE, "unit": None, "direction": None}], {}, known)
    assert (found.unit, found.direction) == ("points", "down")
