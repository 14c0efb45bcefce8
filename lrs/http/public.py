"""The address by which clients come to the LRS, which behind a proxy is not its own.

The setting HEADWATER_LRS_PUBLIC_URL says it. Without it, a proxy that is trusted
(HEADWATER_LRS_TRUSTED_PROXIES) says it by X-Forwarded-Proto, -Host and -Prefix; from anybody else
these headers are ignored.
"""

import re
from urllib.parse import urlsplit

from lrs.http.request import Request
from serving.proxies import Proxies

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~!$&()*+,;=:@%-]+)*")
_SCHEMES = ("http", "https")


class PublicAddress:
    """Where the LRS is for a client."""

    def __init__(self, url: str, trusted: str) -> None:
        self._url = _checked(url)
        #: The path that comes before the LRS's own; "" where it is not said in the settings.
        self.path = urlsplit(self._url).path
        self._proxies = Proxies(trusted, setting="HEADWATER_LRS_TRUSTED_PROXIES")

    def base(self, request: Request) -> str:
        """The address by which a client came, as far as it is one."""
        if self._url:
            return self._url
        scheme, host = request.scope["scheme"], request.header(b"host")
        if self._is_trusted(request):
            said = _first(request, b"x-forwarded-proto").lower()
            scheme = said if said in _SCHEMES else scheme
            host = _first(request, b"x-forwarded-host") or host
        if not _HOST.fullmatch(host):
            name, port = request.scope.get("server") or ("127.0.0.1", 8080)
            host = f"{name}:{port}"
        return f"{scheme}://{host}{self.prefix(request)}"

    def prefix(self, request: Request) -> str:
        """The path by which a client came, before the LRS's own."""
        if self._url or not self._is_trusted(request):
            return self.path
        said = _first(request, b"x-forwarded-prefix").rstrip("/")
        return said if _PREFIX.fullmatch(said) else ""

    def _is_trusted(self, request: Request) -> bool:
        client = request.scope.get("client")
        return client is not None and self._proxies.trust(client[0])


def _first(request: Request, name: bytes) -> str:
    """A header as the proxy nearest to the client said it."""
    return request.header(name).partition(",")[0].strip()


def _checked(url: str) -> str:
    url = url.strip().rstrip("/")
    parts = urlsplit(url)
    sound = parts.scheme in _SCHEMES and _HOST.fullmatch(parts.netloc)
    if url and not (
        sound and _PREFIX.fullmatch(parts.path) and not (parts.query or parts.fragment)
    ):
        raise ValueError(
            f"HEADWATER_LRS_PUBLIC_URL is {url!r}, which is no address as in "
            "https://lrs.example.org/mylrs"
        )
    return url
