"""What pages send: `POST /beacon/<connection>`, and the script that they load, `….js`.

A page of an origin that the connection names may send; any other is 403, and so is an account that
nobody signed. 413 more than a few KB, 415 another type, 422 not an act or not of now, 429 more than
one address may a minute. What is admitted is signed by the connection's secret and goes the way of
a delivery (producers/hooks.py), so all that is told there of 2xx and 503 holds. No cookie is set or
read; of a client's address nothing is kept.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from producers.connector import JSON, Beacon
from producers.errors import Forbidden, TooMany, UnknownConnection, WrongType
from producers.intake import Intake
from producers.signatures import Delivery
from serving.proxies import Proxies
from serving.rates import Rate

if TYPE_CHECKING:
    from producers.hooks import Coming, Hooks

MINUTE = 60.0
#: What a browser asks before it sends JSON, and for how many seconds it need not ask again.
PREFLIGHT = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "7200",
}
#: The script is nobody's secret, and pages of every origin may load it; it is asked for anew after
#: an hour, so that a changed option is known by then.
SCRIPT = {
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=3600",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}


class Beacons:
    """The doors for pages, of all connections that have one."""

    def __init__(self, hooks: "Hooks") -> None:
        self._hooks = hooks
        self._proxies = Proxies(
            hooks.settings.hooks_trusted_proxies, setting="HEADWATER_HOOKS_TRUSTED_PROXIES"
        )
        self._rates: dict[str, Rate] = {}

    async def receive(self, request: Request) -> Response:
        """`POST /beacon/<connection>`, and what a browser asks before."""
        with self._hooks.coming(request) as coming:
            return await self._answered(request, lambda each: self._received(request, each, coming))

    async def script(self, request: Request) -> Response:
        """`GET /beacon/<connection>.js`."""

        async def answer(intake: Intake) -> Response:
            content = _of(intake).script(intake.connection.options)
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            if request.headers.get("if-none-match") == tag:
                return Response(status_code=304, headers={**SCRIPT, "etag": tag})
            return Response(content, headers={**SCRIPT, "etag": tag})

        return await self._answered(request, answer)

    async def _answered(
        self, request: Request, answer: Callable[[Intake], Awaitable[Response]]
    ) -> Response:
        name = request.path_params["connection"]
        unknown = f"no beacon's connection is called {name[:80]!r}"
        return await self._hooks.answered_by(name, answer, unknown)

    async def _received(self, request: Request, intake: Intake, coming: "Coming") -> Response:
        beacon = _of(intake)
        request.state.cors = cors = self._allowed(request, intake, beacon)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=cors | PREFLIGHT)
        self._within_rate(request, intake, beacon)
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in beacon.content_types:
            raise WrongType(f"the body must be {' or '.join(beacon.content_types)}")
        connection = intake.connection

        def admitted(came: Delivery) -> Delivery:
            body = beacon.admit(came.body, connection.options, connection.secret, time.time())
            whole = replace(came, body=body)
            signed = connection.scheme.sign(whole, connection.secret)
            return replace(whole, headers={**came.headers, **signed})

        came = Delivery({"content-type": JSON})
        answer = await self._hooks.taken(coming, intake, came, beacon.limit, admitted)
        answer.headers.update(cors)
        return answer

    def _allowed(self, request: Request, intake: Intake, beacon: Beacon) -> dict[str, str]:
        """What a browser is told of a page that may send. Raises Forbidden.

        Credentials are allowed, for `sendBeacon` always says that it has some, and there are none.
        """
        origin = request.headers.get("origin", "")
        if origin not in beacon.origins(intake.connection.options):
            raise Forbidden("this origin may not send: the connection's `origins` do not name it")
        return {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "vary": "Origin",
        }

    def _within_rate(self, request: Request, intake: Intake, beacon: Beacon) -> None:
        """Counts what an address sends. Raises TooMany."""
        often = beacon.rate(intake.connection.options)
        rate = self._rates.get(intake.connection.name)
        if rate is None or rate.burst != often:  # the first, or the option has changed
            rate = self._rates[intake.connection.name] = Rate(often, MINUTE / often)
        peer = request.client.host if request.client else ""
        address = self._proxies.client(peer, ",".join(request.headers.getlist("x-forwarded-for")))
        if wait := rate.wait(address):
            raise TooMany(f"more than {often} acts in a minute from one address", wait)
        rate.spend(address)


def _of(intake: Intake) -> Beacon:
    """How pages send to a connection. Raises UnknownConnection where none do."""
    beacon = intake.connector.beacon
    if beacon is None:
        raise UnknownConnection(f"no beacon's connection is called {intake.connection.name!r}")
    return beacon
