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
