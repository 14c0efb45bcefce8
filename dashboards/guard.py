"""Who gets in: with a login who knows it; without one who is on this machine and says so."""

import base64
import binascii
import hashlib
import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "headwater_page"
#: Answered without a login, and without anything to learn from it.
OPEN_PATHS = frozenset({"/healthz"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Guard:
    """Basic credentials on every path and on the socket; a cookie carries them to the socket.

    Without a login the page listens on loopback, and a request must name loopback as its host: a
    foreign site that points its own name here (DNS rebinding) reads nothing.
    """

    def __init__(self, app: ASGIApp, login: str | None) -> None:
        self.app = app
        self.login = login
        key = secrets.token_bytes(32)
        self._ticket = hmac.new(key, (login or "").encode(), hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self.login is None:
            if _host(headers.get("host", "")) in LOOPBACK_NAMES:
                await self.app(scope, receive, send)
            else:
                why = "this page is for this machine only: open it as http://127.0.0.1"
                await _refuse(scope, receive, send, PlainTextResponse(why, 421))
        elif self._has_ticket(headers):
            await self.app(scope, receive, send)
        elif self._has_login(headers):
            await self.app(scope, receive, self._with_ticket(send))
        else:
            ask = {"WWW-Authenticate": 'Basic realm="Headwater", charset="UTF-8"'}
            answer = PlainTextResponse("this page asks for a login", 401, headers=ask)
            await _refuse(scope, receive, send, answer)

    def _has_ticket(self, headers: Headers) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(
            morsel.value.encode(), self._ticket.encode()
        )

    def _has_login(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        try:
            told = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            return False
        return kind.lower() == "basic" and hmac.compare_digest(told, (self.login or "").encode())

    def _with_ticket(self, send: Send) -> Send:
        cookie = f"{COOKIE}={self._ticket}; Path=/; HttpOnly; SameSite=Strict"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", []).append((b"set-cookie", cookie.encode()))
            await send(message)

        return sending


def _host(value: str) -> str:
    return value if value.endswith("]") else value.rsplit(":", 1)[0] if ":" in value else value


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: PlainTextResponse) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
    else:
        await answer(scope, receive, send)
