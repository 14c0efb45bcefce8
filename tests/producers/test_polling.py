"""A tool's interface is asked politely: pages, limits, tries, logins. The server is a real one."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from pydantic import ValidationError

from producers.connector import No, Then, never, unsaid
from producers.polling import api as polling
from producers.polling import limits
from producers.polling.api import Api
from producers.polling.errors import Expired, Refused, Unavailable, Unreadable
from producers.polling.http import client
from producers.polling.login import Login
from producers.polling.marks import Marks
from tests.web import answering

#: (status, headers, body) of one answer; None hangs up without one.
Said = tuple[int, dict[str, str], bytes] | None


class Tool:
    """A tool that answers what a test says, in turn, and remembers what it was asked."""

    def __init__(self, *answers: Said) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    def next(self) -> Said:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.asked]


@contextmanager
def serving(*answers: Said) -> Iterator[Tool]:
    tool = Tool(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            tool.asked.append((self.command, self.path, headers, content))
            said = tool.next()
            if said is None:
                self.close_connection = True
                return
            status, more, body = said
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value.replace("{url}", tool.url))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    with answering(Handler) as url:
        tool.url = url
        yield tool


def ok(content: Any = None, **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return 200, named, json.dumps(content).encode()


def asking(
    tool: Tool,
    question: Callable[[Api], Any],
    login: Login | None = None,
    patience: float = 3_600.0,
    denied: Callable[[Any], No | None] = never,
    waits: Callable[[Any], float | None] = unsaid,
) -> tuple[Any, list[float]]:
    """What comes of a question, and for how long the client rested each time."""
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    async def scenario() -> Any:
        http = client(tool.url, login or Login(token="secret"))  # type: ignore[arg-type]
        async with Api(http, sleep=rest, patience=patience, denied=denied, waits=waits) as api:
            return await question(api)

    return asyncio.run(scenario()), rests


async def every_page(api: Api) -> list[Any]:
    return [answer.content async for answer in api.pages("/things", per_page=2)]


def test_pages_are_followed_to_the_last() -> None:
    first = ok([1, 2], Link='<{url}/things?page=2>; rel="next", <{url}/things?page=9>; rel="last"')
    with serving(first, ok([3], Link='</things?page=3>; rel="next"'), ok([4])) as tool:
        found, rests = asking(tool, every_page)
    assert found == [[1, 2], [3], [4]]
    assert tool.paths == ["/things?per_page=2", "/things?page=2", "/things?page=3"]
    assert rests == []


def test_pages_that_go_in_a_circle_are_an_error() -> None:
    circle = ok([1], Link='</things?page=2>; rel="next"')
    with serving(circle) as tool, pytest.raises(Unreadable, match="page=2 again"):
        asking(tool, every_page)


def test_a_connector_may_say_where_the_next_page_is() -> None:
    async def question(api: Api) -> list[Any]:
        following = lambda reply: reply.content.get("next", "")  # noqa: E731 - one of a kind
        return [reply.content["n"] async for reply in api.pages("/a", following)]

    with serving(ok({"n": 1, "next": "/b"}), ok({"n": 2})) as tool:
        assert asking(tool, question)[0] == [1, 2]
    assert tool.paths == ["/a", "/b"]


def test_a_connector_may_say_what_to_ask_the_next_page_with() -> None:
    async def question(api: Api) -> list[Any]:
        following = lambda reply: {"cursor": c} if (c := reply.content["next"]) else {}  # noqa: E731
        return [reply.content["n"] async for reply in api.pages("/a", following, limit=2)]

    with serving(ok({"n": 1, "next": "x"}), ok({"n": 2, "next": ""})) as tool:
        assert asking(tool, question)[0] == [1, 2]
    assert tool.paths == ["/a?limit=2", "/a?limit=2&cursor=x"]
    circle = ok({"n": 1, "next": "x"})
    with serving(circle) as tool, pytest.raises(Unreadable, match="cursor"):
        asking(tool, question)


def denied(content: Any) -> No | None:
    if content["ok"]:
        return None
    code = content["error"]
    then = {"busy": Then.LATER, "stale": Then.ANEW}.get(code, Then.STOP)
    return No(f"no: {code}", then, code)


async def listed(api: Api) -> list[Any]:
    following = lambda reply: {"cursor": c} if (c := reply.content["next"]) else {}  # noqa: E731
    return [reply.content["n"] async for reply in api.pages("/a", following)]


def no(code: str) -> Said:
    return ok({"ok": False, "error": code})


def page(number: int, after: str) -> Said:
    return ok({"ok": True, "n": number, "next": after})


def test_a_no_with_a_status_of_200_is_asked_again_or_told() -> None:
    with serving(no("busy"), page(1, "")) as tool:
        found, rests = asking(tool, listed, denied=denied)
    assert (found, len(rests)) == ([1], 1)
    with serving(no("closed")) as tool, pytest.raises(Refused, match="/a answers: no: closed") as e:
        asking(tool, listed, denied=denied)
    assert e.value.code == "closed"
    assert len(tool.asked) == 1


def test_a_list_whose_place_was_forgotten_is_read_anew() -> None:
    with serving(page(1, "x"), no("stale"), page(1, "y"), page(2, "")) as tool:
        assert asking(tool, listed, denied=denied)[0] == [1, 1, 2]
    assert tool.paths == ["/a", "/a?cursor=x", "/a", "/a?cursor=y"]
    with serving(no("stale")) as tool, pytest.raises(Expired, match="stale"):
        asking(tool, listed, denied=denied)
    assert len(tool.asked) == 1 + polling.ANEW


async def get(api: Api) -> Any:
    return (await api.get("/things")).content


@pytest.mark.parametrize("status", sorted(limits.PASSING))
def test_what_is_not_now_is_asked_again_after_as_long_as_the_tool_says(status: int) -> None:
    with serving((status, {"Retry-After": "7"}, b""), ok("here")) as tool:
        found, rests = asking(tool, get)
    assert (found, rests) == ("here", [7.0])


def test_a_tool_may_say_in_the_body_how_long_to_wait() -> None:
    def waits(content: Any) -> float:
        return float(content["wait"])

    with serving((429, {}, b'{"wait": 9}'), (429, {"Retry-After": "7"}, b'{"wait": 9}'),
                 ok("here")) as tool:  # fmt: skip
        assert asking(tool, get, waits=waits) == ("here", [9.0, 7.0])
    for body in (b"<html>", b"", b"[]", b'{"wait": "long"}', b'{"wait": -3}'):
        with serving((429, {}, body), ok("here")) as tool:
            found, rests = asking(tool, get, waits=waits)
        assert found == "here"
        assert 0 <= rests[0] <= 0.5, "as where no time is named"


def test_where_the_tool_names_no_time_the_tries_grow_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving((503, {}, b""), None, (500, {}, b""), (502, {}, b""), ok("here")) as tool:
        found, rests = asking(tool, get)
    assert found == "here"
    assert len(rests) == 4
    for number, seconds in enumerate(rests):
        assert 0 <= seconds <= 0.5 * 2**number


def test_a_secondary_limit_is_a_pause_and_a_plain_403_a_refusal() -> None:
    with serving((403, {"Retry-After": "60"}, b"slower"), ok(1)) as tool:
        assert asking(tool, get) == (1, [60.0])
    with (
        serving((403, {}, b'{"message": "Resource not accessible"}')) as tool,
        pytest.raises(Refused, match=r"403: .*not accessible"),
    ):
        asking(tool, get)
    assert len(tool.asked) == 1


def test_the_last_request_that_is_left_makes_the_next_one_wait() -> None:
    reset = str(int(datetime.now(UTC).timestamp()) + 100)
    spent = ok(1, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset)

    async def twice(api: Api) -> Any:
        return [(await api.get("/a")).content, (await api.get("/b")).content]

    with serving(spent, ok(2)) as tool:
        found, rests = asking(tool, twice)
    assert found == [1, 2]
    assert len(rests) == 1
    assert 90 < rests[0] <= 100


def test_one_question_waits_no_longer_than_its_patience() -> None:
    with (
        serving((429, {"Retry-After": "120"}, b"")) as tool,
        pytest.raises(Unavailable, match=r"/things answers 429; .* next round"),
    ):
        asking(tool, get, patience=100)
    with (
        serving((429, {"Retry-After": "40"}, b"")) as tool,
        pytest.raises(Unavailable),
    ):
        asking(tool, get, patience=100)
    assert len(tool.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_refusal_is_told_with_the_tools_own_words(status: int) -> None:
    with (
        serving((status, {}, b'{"message":\n "no such thing"}')) as tool,
        pytest.raises(Refused, match=f'/things answers {status}: .*"no such thing"') as caught,
    ):
        asking(tool, get)
    assert caught.value.code == str(status)


def test_what_is_not_json_and_what_is_too_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving((200, {}, b"<html>")) as tool, pytest.raises(Unreadable, match="not JSON"):
        asking(tool, get)
    monkeypatch.setattr(polling, "ANSWER_BYTES", 100)
    with serving(ok("x" * 200)) as tool, pytest.raises(Unreadable, match="smaller pages"):
        asking(tool, get)


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": format_datetime(LATER, usegmt=True)}, 90.0),
        ({"retry-after": format_datetime(NOW - timedelta(days=1), usegmt=True)}, 0.0),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "60"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}, 60.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(LATER.timestamp()))}, 90.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, 30.0),
        ({"ratelimit-remaining": "x", "ratelimit-reset": "30"}, None),
    ],
)
def test_limits_are_read_as_tools_write_them(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert limits.pause(403, headers, NOW) == seconds
    assert limits.pause(429, headers, NOW) == (seconds or 0.0)
    assert limits.pause(404, headers, NOW) is None


def test_a_token_and_a_password_are_shown() -> None:
    with serving(ok()) as tool:
        asking(tool, get, Login(token="t0p", scheme="token"))  # type: ignore[arg-type]
        asking(tool, get, Login(user="anna", password="pa:ss"))  # type: ignore[arg-type]
    shown = [headers["authorization"] for _, _, headers, _ in tool.asked]
    assert shown == ["token t0p", "Basic " + base64.b64encode(b"anna:pa:ss").decode()]
    assert all("headwater" in headers["user-agent"] for _, _, headers, _ in tool.asked)


def test_a_tool_may_have_headers_of_its_own_for_a_login() -> None:
    login = Login.model_validate({"headers": {"Api-Key": "k3y", "Api-Username": "anna"}})
    with serving(ok()) as tool:
        asking(tool, get, login)
    (shown,) = [headers for _, _, headers, _ in tool.asked]
    assert (shown["api-key"], shown["api-username"]) == ("k3y", "anna")
    assert "authorization" not in shown
    assert "k3y" not in repr(login)


def credentials(tool: Tool) -> Login:
    given = {"client_id": "us", "client_secret": "s3", "token_url": tool.url + "/token"}
    return Login.model_validate(given | {"scope": "read"})


def test_client_credentials_ask_for_a_token_and_for_another_when_it_is_refused() -> None:
    def token(name: str) -> Said:
        return ok({"access_token": name, "token_type": "Bearer", "expires_in": 3600})

    async def twice(api: Api) -> Any:
        return [(await api.get("/a")).content, (await api.get("/b")).content]

    with serving(token("one"), ok(1), (401, {}, b"revoked"), token("two"), ok(2)) as tool:
        assert asking(tool, twice, credentials(tool))[0] == [1, 2]
    assert tool.paths == ["/token", "/a", "/b", "/token", "/b"]
    assert b"grant_type=client_credentials" in tool.asked[0][3]
    shown = [tool.asked[number][2]["authorization"] for number in (1, 2, 4)]
    assert shown == ["Bearer one", "Bearer one", "Bearer two"]


def test_a_token_that_is_not_given_is_told() -> None:
    refusal = json.dumps({"error": "invalid_client"}).encode()
    with (
        serving((401, {"Content-Type": "application/json"}, refusal)) as tool,
        pytest.raises(Refused, match=r"/token gives no token: .*invalid_client"),
    ):
        asking(tool, get, credentials(tool))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "a login is one of"),
        ({"token": "a", "user": "b", "password": "c"}, "a login is one of"),
        ({"token": "a", "headers": {"Api-Key": "b"}}, "a login is one of"),
        ({"user": "b"}, "user and password go together"),
        ({"client_id": "b", "client_secret": "c"}, "token_url go together"),
        ({"tokn": "a"}, "Extra inputs"),
    ],
)
def test_a_login_is_one_whole_way(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Login.model_validate(given)
    assert "t0p" not in repr(Login(token="t0p"))  # type: ignore[arg-type]


def test_a_page_at_another_host_is_not_asked_for() -> None:
    away = ok([1], Link='<http://elsewhere.invalid/things?page=2>; rel="next"')
    with (
        serving(away) as tool,
        pytest.raises(Unreadable, match=r"elsewhere\.invalid, which is not"),
    ):
        asking(tool, every_page)
    assert tool.paths == ["/things?per_page=2"]


def test_marks_hold_how_far_each_list_was_read() -> None:
    marks = Marks("")
    assert marks.of("a", "0") == "0"
    marks.read("a", "5")
    marks.read("a", "3")
    assert Marks(marks.cursor).of("a", "0") == "5"
    marks.note("b", "7")
    marks.note("b", "6")
    marks.note("d", "9")
    assert marks.of("b", "0") == "0", "what was met counts once the list was read to its end"
    assert marks.settle("b")
    assert not marks.settle("c")
    assert (marks.of("b", "0"), marks.of("c", "0")) == ("7", "0")
