"""The push, against a small Grafana: the endpoints it needs, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from learning_board import LEARNING
from typer.testing import CliRunner

from dashboards.boards import boards
from dashboards.errors import PushRefused
from dashboards.grafana.board import uid
from dashboards.grafana.push import push
from headwater.commands.dashboards import app
from headwater.errors import StackError

UID = uid(LEARNING)
EVERY = [uid(board) for board in boards()]
TOKEN = "glsa_test"
NOWHERE = "http://viewer:s@127.0.0.1:9"
VIEWER = "http://viewer:s%40ecret@warehouse.internal:8123"


class Grafana(ThreadingHTTPServer):
    """Folders, data sources and dashboards, as Grafana's HTTP API keeps them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folders: dict[str, Any] = {}
        self.sources: dict[str, Any] = {}
        self.boards: dict[str, Any] = {}
        self.calls: list[str] = []
        self.below = ""
        self.role_allows = True
        self.plugin_installed = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        match method, path.removeprefix(self.below).removeprefix("/api/").split("/"):
            case "GET", ["folders", uid]:
                return self._one(self.folders, uid)
            case "POST", ["folders"]:
                self.folders[body["uid"]] = body
                return 200, body
            case "GET", ["datasources", "uid", uid]:
                return self._one(self.sources, uid)
            case "POST", ["datasources"]:
                return self._keep(body)
            case "PUT", ["datasources", "uid", _]:
                return self._keep(body)
            case "POST", ["dashboards", "db"]:
                uid = body["dashboard"]["uid"]
                if uid in self.boards and not body["overwrite"]:
                    return 412, {"message": "version mismatch"}
                self.boards[uid] = body
                return 200, {
                    "uid": uid,
                    "url": f"{self.below}/d/{uid}/headwater",
                    "status": "success",
                }
        return 404, {"message": "not found"}

    def _keep(self, body: Any) -> tuple[int, Any]:
        if not self.role_allows:
            return 403, {"message": "Permission denied"}
        if not self.plugin_installed:
            return 400, {"message": "Data source plugin not found"}
        self.sources[body["uid"]] = body
        return 200, {"datasource": body, "message": "Datasource added"}

    @staticmethod
    def _one(kept: dict[str, Any], uid: str) -> tuple[int, Any]:
        return (200, kept[uid]) if uid in kept else (404, {"message": "not found"})


class _Handler(BaseHTTPRequestHandler):
    server: Grafana

    def _serve(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        status, answer = (401, {"message": "Invalid API key"})
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            status, answer = self.server.answer(self.command, self.path, body)
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the test says what matters."""


@pytest.fixture
def grafana() -> Iterator[Grafana]:
    server = Grafana()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_first_push_makes_folder_source_and_board(grafana: Grafana) -> None:
    assert push(grafana.url, TOKEN, VIEWER) == [
        f"{grafana.url}/d/{each}/headwater" for each in EVERY
    ]
    assert [*grafana.boards] == EVERY
    assert grafana.folders["headwater"]["title"] == "Headwater"
    source = grafana.sources["headwater"]
    assert source["type"] == "grafana-clickhouse-datasource"
    assert source["jsonData"]["host"] == "warehouse.internal"
    assert source["jsonData"]["port"] == 8123
    assert source["secureJsonData"] == {"password": "s@ecret"}
    assert grafana.boards[UID]["folderUid"] == "headwater"
    assert len(grafana.boards[UID]["dashboard"]["panels"]) > 5


def test_a_second_push_updates_them(grafana: Grafana) -> None:
    push(grafana.url, TOKEN, VIEWER)
    grafana.calls.clear()
    push(grafana.url, TOKEN, VIEWER.replace("internal", "other"), "Europe/Paris")
    assert "POST /api/folders" not in grafana.calls
    assert "PUT /api/datasources/uid/headwater" in grafana.calls
    assert grafana.sources["headwater"]["jsonData"]["host"] == "warehouse.other"
    assert grafana.boards[UID]["dashboard"]["timezone"] == "Europe/Paris"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_grafana_below_a_path_is_found(grafana: Grafana, slash: str) -> None:
    grafana.below = "/tools/grafana"
    where, *_ = push(f"{grafana.url}{grafana.below}{slash}", TOKEN, VIEWER)
    assert where == f"{grafana.url}/tools/grafana/d/{EVERY[0]}/headwater"


def test_a_wrong_token_is_said(grafana: Grafana) -> None:
    with pytest.raises(PushRefused, match="does not know the token"):
        push(grafana.url, "wrong", VIEWER)


def test_a_weak_token_is_said(grafana: Grafana) -> None:
    grafana.role_allows = False
    with pytest.raises(PushRefused, match="role Admin"):
        push(grafana.url, TOKEN, VIEWER)


def test_a_missing_plugin_is_said(grafana: Grafana) -> None:
    grafana.plugin_installed = False
    with pytest.raises(PushRefused, match="grafana cli plugins install"):
        push(grafana.url, TOKEN, VIEWER)


def test_somebody_elses_source_is_left_alone(grafana: Grafana) -> None:
    grafana.sources["headwater"] = {"uid": "headwater", "type": "prometheus"}
    with pytest.raises(PushRefused, match="of the type prometheus"):
        push(grafana.url, TOKEN, VIEWER)
    assert grafana.sources["headwater"]["type"] == "prometheus"


def test_no_grafana_is_said() -> None:
    with pytest.raises(PushRefused, match="does not answer"):
        push("http://127.0.0.1:9", TOKEN, VIEWER)


@pytest.mark.parametrize("url", ["grafana:3000", "ftp://grafana", ""])
def test_no_address_is_said(url: str) -> None:
    with pytest.raises(PushRefused, match="no address of a Grafana"):
        push(url, TOKEN, VIEWER)


def test_the_command_says_where_the_board_is(grafana: Grafana) -> None:
    told = ["push", "--url", grafana.url, "--token", TOKEN, "--warehouse", NOWHERE]
    done = CliRunner().invoke(app, told)
    assert done.exit_code == 0
    for each in EVERY:
        assert f"{grafana.url}/d/{each}/headwater" in done.output
    # Nobody answers there, so nobody says whose clock it is.
    assert "--time-zone" in done.output
    assert grafana.boards[UID]["dashboard"]["timezone"] == ""


def test_the_command_fails_in_one_line(grafana: Grafana) -> None:
    told = ["push", "--url", grafana.url, "--token", "wrong", "--warehouse", NOWHERE]
    done = CliRunner().invoke(app, told)
    assert isinstance(done.exception, StackError)
