"""The way to the demo's tools that are asked: their names cannot resolve, so the demo is a proxy.

The poller asks `http://<tool>.demo.headwater.invalid/…` by its `http_proxy` (RFC 9112, 3.2.2), as
it would ask anybody else; the tool of that name answers whoever shows its token. Nothing is passed
on to another machine.
"""

import hmac
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Host, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from headwater.demo import accounts
from headwater.demo.held import Held
from headwater.demo.organisation import Organisation
from headwater.demo.servers import ASKED
from headwater.part import LOOPBACK
from producers.connections import Connection
from producers.polling.login import Login
from serving.headers import INTERFACE
from serving.protocol import bounded


class Guarded:
    """A tool's interface, for who shows the connection's token."""

    def __init__(self, app: ASGIApp, login: Login) -> None:
        self._app = app
        self._shown = _shown(login).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 401 where the token is another."""
        given = dict(scope["headers"]).get(b"authorization", b"")
        if hmac.compare_digest(given, self._shown):
            await self._app(scope, receive, send)
        else:
            refusal = JSONResponse({"error": "the token is not good"}, status_code=401)
            await refusal(scope, receive, send)


def _shown(login: Login) -> str:
    """What a login shows as `Authorization`."""
    if login.token:
        return f"{login.scheme} {login.token.get_secret_value()}"
    return (login.headers or {})["Authorization"].get_secret_value()


def application(
    organisation: Organisation | None,
    connected: Mapping[str, Connection],
    clock: Callable[[], datetime],
) -> Starlette:
    """The interfaces of the tools that are connected, each under its own name.

    Without an organisation they answer that nothing was done.
    """
    hosts = []
    for tool, routes in ASKED.items():
        if connection := connected.get(tool):
            held = Held(organisation, tool, clock)
            assert connection.connector.poll
            login = connection.connector.poll.login(connection.options, connection.token)
            name = urlsplit(accounts.site(tool)).netloc
            hosts.append(Host(name, app=Guarded(Router(routes(held)), login)))
    return Starlette(routes=hosts)


def server(app: Starlette) -> uvicorn.Server:
    """The proxy, on the part's port; it is to be served."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=LOOPBACK,
            port=int(os.environ.get("HEADWATER_DEMO_PORT", "0")),
            http=bounded(body_seconds=10.0),
            ws="none",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            server_header=False,
            headers=list(INTERFACE),
            proxy_headers=False,
        )
    )
