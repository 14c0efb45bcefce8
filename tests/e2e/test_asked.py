"""A tool that is asked: what no webhook brought comes by the poller, and what both bring is one.

The stack runs when its connection gets a token: the poller is started then.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from running import Up

from producers import connectors
from tests.web import answering
from warehouse import Warehouse
from xapi.ids import statement_id

pytestmark = pytest.mark.e2e

EXAMPLES = Path(connectors.__path__[0]) / "github" / "examples"
COUNT = "SELECT count() FROM learning.events WHERE id IN {ids:Array(UUID)}"


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


@contextmanager
def github(token: str) -> Iterator[str]:
    """An interface like GitHub's, which has the issue of an example and nothing else."""
    replies = {
        f"/{path}": reply["content"]
        for path, reply in example("issues.opened__asked_for")["replies"].items()
        if not path.startswith("https:")
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == f"Bearer {token}"
            body = json.dumps(replies.get(urlsplit(self.path).path, [])).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    with answering(Handler) as url:
        yield url


def written(data: Path, api: str, token: str) -> None:
    """connections.toml with a token, which stands beside it."""
    (data / "secrets" / "github-token").write_text(token)
    (data / "secrets" / "github-token").chmod(0o600)
    (data / "connections.toml").write_text(
        '[[connection]]\nname = "github"\nconnector = "github"\n'
        'secret = "file:secrets/github"\ntoken = "file:secrets/github-token"\n'
        "[connection.options]\n"
        f'api = "{api}"\nrepositories = ["north/atlas"]\nhistory_days = 36500\n'
    )


def test_what_no_webhook_brought_is_asked_for_and_counts_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    issue = example("issues.opened")
    opened = statement_id("github", f"issue:{issue['body']['issue']['id']}:opened")
    up = Up(data)
    with github("right") as api:
        try:
            assert "poller" not in up.parts(), "there is nobody to ask"
            written(data, api, "right")
            analyst = Warehouse(up.url("warehouse"))

            def facts() -> int:
                return int(analyst.query(COUNT, {"ids": [str(opened)]})[0][0])

            up.wait(facts)
            hooks, body = up.stack["hooks"], json.dumps(issue["body"]).encode()
            secret = hooks["secrets"]["github"].encode()
            signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
            headers = issue["headers"] | {"x-hub-signature-256": f"sha256={signature}"}
            answer = httpx.post(
                f"{hooks['url']}/hooks/github", content=body, headers=headers, timeout=60
            )
            assert answer.json()["statements"] == 1
            admin = Warehouse(up.url("warehouse_admin"))
            arrivals = "SELECT count() FROM lrs.arrivals WHERE id = {id:UUID}"
            up.wait(lambda: admin.query(arrivals, {"id": str(opened)})[0][0] == 2)
            assert facts() == 1
            assert not admin.query("SELECT id FROM ops.rejected WHERE kind = 'conflict'")
            up.wait(lambda: "poller" in up.stack)
            health = httpx.get(f"{up.stack['poller']['url']}/healthz", timeout=60).json()
            read = {each["stream"]: each["read_seconds_ago"] for each in health["streams"]}
            assert read["github/issues"] is not None
        finally:
            up.stop()
