"""Who gets in: with a login who knows it; without one who is on this machine and says so."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.guesses import Guesses

COOKIE = "headwater_page"
#: Answered without a login, and without anything to learn from it.
OPEN_PATHS = frozenset({"/healthz"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Guard:
    """Basic credentials on every path and on the socket; a cookie carries them to the socket.

    Without a login the page listens on loopback, and a request must name loopback as its host: a
    foreign site that points its own name here (DNS rebinding) reads nothing. What a browser sends
    for another site (`Origin`) is refused, above all the socket, which no browser protects. Wrong
    passwords are looked at now and then only, by the address that they come from.
    """

    def __init__(
        self,
        app: ASGIApp,
        login: str | None,
        origins: Collection[str] = (),
        guesses: Guesses | None = None,
    ) -> None:
        self.app = app
        self.login = login
        self.origins = frozenset(origins)
        self.guesses = guesses or Guesses()
        key = secrets.token_bytes(32)
        self._ticket = hmac.new(key, (login or "").encode(), hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._is_foreign(headers):
            why = "this page takes requests from its own pages only; see HEADWATER_PAGE_ORIGINS"
            await _refuse(scope, receive, send, PlainTextResponse(why, 403))
        elif self.login is None:
            if _host(headers.get("host", "")) in LOOPBACK_NAMES:
                await self.app(scope, receive, send)
            else:
                why = "this page is for this machine only: open it as http://127.0.0.1"
                await _refuse(scope, receive, send, PlainTextResponse(why, 421))
        elif self._has_ticket(headers):
            await self.app(scope, receive, send)
        elif wait := self._must_wait(scope, headers):
            again = {"Retry-After": str(wait)}
            answer = PlainTextResponse("too many wrong passwords", 429, headers=again)
            await _refuse(scope, receive, send, answer)
        elif self._has_login(headers):
            await self.app(scope, receive, self._with_ticket(send))
        else:
            if "authorization" in headers:
                self.guesses.wrong(_client(scope))
            ask = {"WWW-Authenticate": 'Basic realm="Headwater", charset="UTF-8"'}
            answer = PlainTextResponse("this page asks for a login", 401, headers=ask)
            await _refuse(scope, receive, send, answer)

    def _is_foreign(self, headers: Headers) -> bool:
        """Whether a page of another site asks; who is no browser says no origin."""
        origin = headers.get("origin")
        if origin is None or origin in self.origins:
            return False
        return origin.partition("://")[2] != headers.get("host", "")

    def _must_wait(self, scope: Scope, headers: Headers) -> int:
        return self.guesses.wait(_client(scope)) if "authorization" in headers else 0

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


def _client(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


def _host(value: str) -> str:
    return value if value.endswith("]") else value.rsplit(":", 1)[0] if ":" in value else value


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: PlainTextResponse) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
    else:
        await answer(scope, receive, send)
