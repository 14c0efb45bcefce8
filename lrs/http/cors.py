"""Pages of other origins (CORS): browser content, as xAPI's often is, may talk to the LRS.

Credentials travel in the Authorization header, never in cookies, so an allowed origin gains nothing
that it could not do with the same credentials from elsewhere.
"""

import re

from starlette.responses import Response

from lrs.http.request import Request

METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
ALLOWED = (
    "Authorization, Content-Type, Content-Length, Accept-Language, If-Match, If-None-Match, "
    "X-Experience-API-Version, X-Experience-API-Hash"
)
EXPOSED = (
    "ETag, Last-Modified, Content-Length, WWW-Authenticate, Retry-After, X-Experience-API-Version, "
    "X-Experience-API-Consistent-Through, X-Headwater-Rejected"
)
_ASKED = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
MOST_ASKED = 50
#: Seconds for which a browser need not ask again.
MAX_AGE = "7200"


class Cors:
    """Which origins are allowed: `*` for all, or those of a comma separated list."""

    def __init__(self, allowed: str) -> None:
        self._allowed = frozenset(each.strip() for each in allowed.split(",") if each.strip())

    def allow(self, request: Request, response: Response) -> None:
        """Tells a browser what a page of the request's origin may do and see."""
        origin = request.header(b"origin")
        if not origin:
            return
        everyone = "*" in self._allowed
        if not (everyone or origin in self._allowed):
            return
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*" if everyone else origin
        if not everyone:
            headers["Vary"] = "Origin"
        headers["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = METHODS
            headers["Access-Control-Allow-Headers"] = _allowed(request)
            headers["Access-Control-Max-Age"] = MAX_AGE


def _allowed(request: Request) -> str:
    """The headers that are known here, and those that a browser asks for: pages send their own."""
    known = {name.strip().lower() for name in ALLOWED.split(",")}
    asked = request.header(b"access-control-request-headers").split(",")[:MOST_ASKED]
    more = [name for each in asked if (name := each.strip()) and name.lower() not in known]
    return ", ".join([ALLOWED, *filter(_ASKED.fullmatch, more)])
