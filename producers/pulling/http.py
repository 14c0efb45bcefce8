"""Answers over HTTP with bounds: their size, and where a redirect may lead."""

import ipaddress
import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import httpx

from producers.errors import NotPulled

#: How many redirects are followed.
MOST_REDIRECTS = 5


class Answer(NamedTuple):
    """What was answered: the status, the body, and its type."""

    status: int
    body: bytes
    kind: str
    location: str = ""

    def json(self) -> Any:
        """The body as JSON; raises ValueError."""
        return json.loads(self.body)


def asked(client: httpx.Client, request: httpx.Request, most: int) -> Answer:
    """What a request is answered, read with a bound. Raises NotPulled."""
    host = request.url.host
    try:
        answer = client.send(request, stream=True)
        try:
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > most:
                    raise NotPulled(f"the answer of {host} is larger than {most} bytes")
        finally:
            answer.close()
    except httpx.HTTPError as error:
        said = str(error) or type(error).__name__
        raise NotPulled(f"{host} does not answer: {said[:200]}") from error
    headers = answer.headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return Answer(answer.status_code, bytes(body), kind, headers.get("location", ""))


def allowed(url: httpx.URL, hosts: Sequence[str]) -> None:
    """Raises NotPulled unless the address is of a host that is allowed, over TLS.

    `hosts` are names, as `*.example.org` too; over plain HTTP only this machine is asked.
    """
    if url.scheme != "https" and not _own(url.host):
        raise NotPulled(f"{url.host} would be asked without TLS: the address must begin https://")
    if url.scheme not in ("http", "https"):
        raise NotPulled(f"{url.scheme!r} is no way to a sheet")
    if not any(fnmatchcase(url.host.lower(), each.strip().lower()) for each in hosts):
        raise NotPulled(f"{url.host} is not among the hosts of HEADWATER_KPI_HOSTS")


def _own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
