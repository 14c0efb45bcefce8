"""What a browser may do with the page: a policy of content, a nonce for the page's own scripts.

NiceGUI compiles templates and evaluates properties in the browser, and sets styles in elements, so
`unsafe-eval` and inline styles stay (docs/decisions/live-page.md). Scripts run only from here, or
with the nonce that is made for each page; handlers in markup never do.
"""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.headers import COMMON

_SCRIPT = re.compile(rb"<script(?=[\s>])")


def policy(nonce: str) -> str:
    """The Content-Security-Policy of a page whose scripts have a nonce."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Policed:
    """An application whose every answer carries the policy, and whose pages' scripts the nonce."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the application does."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send)
        await self.app(_plainly(scope), receive, answer.send)


class _Answer:
    """One answer on its way: a page is held until it is whole, whatever else is not."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._nonce = secrets.token_urlsafe(16)
        self._start: Message = {}
        self._page: list[bytes] | None = None

    async def send(self, message: Message) -> None:
        """Passes a message on."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in (*COMMON, ("Content-Security-Policy", policy(self._nonce))):
                headers[name] = value
            if headers.get("content-type", "").startswith("text/html"):
                self._start, self._page = message, []
                return
        elif message["type"] == "http.response.body" and self._page is not None:
            self._page.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._send_page(b"".join(self._page))
            return
        await self._send(message)

    async def _send_page(self, page: bytes) -> None:
        page = _SCRIPT.sub(b'<script nonce="%b"' % self._nonce.encode(), page)
        headers = MutableHeaders(scope=self._start)
        if "content-length" in headers:
            headers["content-length"] = str(len(page))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": page})


def _plainly(scope: Scope) -> Scope:
    """A page is asked for without compression: its scripts get their nonce on the way out."""
    if "/_nicegui/" in scope["path"]:
        return scope
    headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    return {**scope, "headers": headers}
