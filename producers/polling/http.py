"""HTTP clients that log in."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncGenerator
from functools import cache

import httpx
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.integrations.base_client import OAuthError

from producers.polling.errors import Refused
from producers.polling.login import Login

with warnings.catch_warnings():
    # It recommends HTTPX's next major version, which other libraries here do not speak yet.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client

AGENT = "headwater (learning record pipeline)"
#: How long one request may take, in seconds.
SECONDS = 30.0


class ClientCredentials(httpx.Auth):
    """A token of OAuth 2's client credentials, asked for anew when it has run out."""

    def __init__(self, login: Login) -> None:
        assert login.client_id
        assert login.client_secret
        assert login.token_url
        self._url = login.token_url
        self._client = AsyncOAuth2Client(
            login.client_id,
            login.client_secret.get_secret_value(),
            scope=login.scope,
            timeout=SECONDS,
            verify=_trusted(),
        )
        self._lock = asyncio.Lock()

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Shows the token; one that is refused (it may have been revoked) is replaced once."""
        request.headers["Authorization"] = f"Bearer {await self._token(refused='')}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            refused = request.headers["Authorization"].removeprefix("Bearer ")
            request.headers["Authorization"] = f"Bearer {await self._token(refused=refused)}"
            yield request

    async def _token(self, *, refused: str) -> str:
        async with self._lock:
            token = self._client.token
            if not token or token.is_expired() or token["access_token"] == refused:
                try:
                    token = await self._client.fetch_token(
                        self._url, grant_type="client_credentials"
                    )
                except httpx.HTTPStatusError as error:  # 5xx: the same again may succeed
                    raise httpx.TransportError(str(error)) from error
                except OAuthError as error:
                    raise Refused(f"{self._url} gives no token: {error}") from error
            return str(token["access_token"])


def client(
    base_url: str, login: Login, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """An HTTP client that shows this login with every request to `base_url`.

    `transport` is another way than the network, where there is one.
    """
    headers = {"User-Agent": AGENT, "Accept": "application/json"}
    auth: httpx.Auth | None = None
    if login.client_id:
        auth = ClientCredentials(login)
    elif login.user and login.password:
        auth = httpx.BasicAuth(login.user, login.password.get_secret_value())
    elif login.token:
        headers["Authorization"] = f"{login.scheme} {login.token.get_secret_value()}"
    elif login.headers:
        headers |= {name: value.get_secret_value() for name, value in login.headers.items()}
    return httpx.AsyncClient(
        base_url=base_url,
        headers=headers,
        timeout=SECONDS,
        auth=auth,
        verify=_trusted(),
        transport=transport,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted: reading them costs more than many requests."""
    return httpx.create_ssl_context()
