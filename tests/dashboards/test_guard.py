"""Who gets in."""

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboards.errors import NotConfigured
from dashboards.guard import Guard
from dashboards.settings import DashboardSettings
from serving.guesses import Guesses

ONE_PAGE = Starlette(routes=[Route("/", lambda _: PlainTextResponse("in"))])


def client(login: str | None, host: str = "127.0.0.1:8082") -> TestClient:
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("in")

    def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse("in")

    routes = [Route("/", page), Route("/healthz", page), WebSocketRoute("/socket", socket)]
    return TestClient(Guard(Starlette(routes=routes), login), base_url=f"http://{host}")


@pytest.mark.parametrize("host", ["127.0.0.1:8082", "localhost", "[::1]:8082"])
def test_this_machine_is_let_in_without_a_login(host: str) -> None:
    assert client(None, host).get("/").text == "in"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8082"])
def test_a_foreign_name_for_this_machine_is_not(host: str) -> None:
    assert client(None, host).get("/").status_code == 421


def test_a_login_is_asked_for_and_then_carried_by_a_cookie() -> None:
    browser = client("lead:s3cret:x", "board.example")
    refused = browser.get("/")
    assert refused.status_code == 401
    assert "Basic" in refused.headers["www-authenticate"]
    assert browser.get("/", auth=("lead", "wrong")).status_code == 401
    assert browser.get("/", auth=("lead", "s3cret:x")).text == "in"
    assert browser.get("/").text == "in"
    ticket = {"cookie": f"headwater_page={browser.cookies['headwater_page']}"}
    with browser.websocket_connect("/socket", headers=ticket) as socket:
        assert socket.receive_text() == "in"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "headwater_page=0"},
        {"cookie": "headwater_page=é"},
        {"authorization": "Basic %"},
    ],
)
def test_the_socket_is_closed_to_strangers(headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    browser = client("lead:s3cret")
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/socket", headers=raw):
        pass


def test_health_is_open() -> None:
    assert client("lead:s3cret").get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "board.example", "::"])
def test_elsewhere_needs_a_login(host: str) -> None:
    with pytest.raises(NotConfigured, match="HEADWATER_PAGE_LOGIN"):
        DashboardSettings(page_host=host, page_login=None)
    assert DashboardSettings(page_host=host, page_login=SecretStr("a:b")).login == "a:b"


def test_a_login_has_both_halves() -> None:
    with pytest.raises(NotConfigured, match="user:password"):
        DashboardSettings(page_login=SecretStr("nobody"))


@pytest.mark.parametrize("login", [None, "lead:s3cret"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1"]
)
def test_a_page_of_another_site_gets_neither_page_nor_socket(
    login: str | None, origin: str
) -> None:
    browser = client(login)
    if login:
        assert browser.get("/", auth=("lead", "s3cret")).status_code == 200
    assert browser.get("/", headers={"origin": origin}).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        browser.websocket_connect("/socket", headers={"origin": origin, **ticket(browser)}),
    ):
        pass


def ticket(browser: TestClient) -> dict[str, str]:
    return {"cookie": f"headwater_page={browser.cookies.get('headwater_page')}"}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_its_own_page_gets_the_socket(scheme: str) -> None:
    browser = client("lead:s3cret", "board.example")
    browser.get("/", auth=("lead", "s3cret"))
    headers = {"origin": f"{scheme}://board.example", "host": "board.example", **ticket(browser)}
    with browser.websocket_connect("/socket", headers=headers) as socket:
        assert socket.receive_text() == "in"


def test_a_named_origin_gets_the_socket() -> None:
    settings = DashboardSettings(page_origins="https://a.example, https://b.example:8443")
    guard = Guard(ONE_PAGE, None, settings.origins)
    browser = TestClient(guard, base_url="http://127.0.0.1:8082")
    assert browser.get("/", headers={"origin": "https://b.example:8443"}).text == "in"
    assert browser.get("/", headers={"origin": "https://c.example"}).status_code == 403


def test_guessed_passwords_are_looked_at_now_and_then_only() -> None:
    now = [100.0]
    guesses = Guesses(burst=3, seconds=10, clock=lambda: now[0])
    guard = Guard(
        ONE_PAGE,
        "lead:s3cret",
        (),
        guesses,
    )
    browser = TestClient(guard, base_url="http://board.example")
    tried = [browser.get("/", auth=("lead", f"{n}")).status_code for n in range(20)]
    assert tried == [401] * 3 + [429] * 17
    right = browser.get("/", auth=("lead", "s3cret"))
    assert right.status_code == 429
    assert 0 < int(right.headers["retry-after"]) <= 10
    assert browser.get("/").status_code == 401  # who does not guess is asked as ever
    now[0] += 10
    assert browser.get("/", auth=("lead", "s3cret")).text == "in"
    assert browser.get("/").text == "in"  # the ticket
