"""Who asks: Basic, X-ClickHouse-User/-Key, or user= and password= in the URL."""

import hmac
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import parse_qsl

from headwater.embedded.warehouse.errors import AuthenticationFailed, EngineError
from warehouse.roles import USERS


def authenticate(
    headers: Mapping[bytes, bytes], query: Mapping[str, str], passwords: Mapping[str, str]
) -> str:
    """The user whose password was given.

    Raises AuthenticationFailed (516) for another password or no such user; both take the same time.
    """
    user, password = _given(headers, query)
    known = passwords.get(user)
    right = hmac.compare_digest((known or "\0").encode(), password.encode())
    if known is None or not right:
        raise AuthenticationFailed(user)
    return user


def check_roles(query_string: bytes, user: str) -> None:
    """Raises EngineError (512) where a request asks for a role that is not the user's own."""
    for name, role in parse_qsl(query_string.decode("ascii", "replace")):
        if name == "role" and role != USERS[user]:
            message = f"Role {role} should be granted to {user} to set as a current"
            raise EngineError(512, "SET_NON_GRANTED_ROLE", message)


def _given(headers: Mapping[bytes, bytes], query: Mapping[str, str]) -> tuple[str, str]:
    given = headers.get(b"x-clickhouse-user")
    if given is not None or b"x-clickhouse-key" in headers:
        key = headers.get(b"x-clickhouse-key", b"")
        return (given or b"default").decode("utf-8", "replace"), key.decode("utf-8", "replace")
    authorization = headers.get(b"authorization")
    if authorization is not None:
        scheme, _, rest = authorization.partition(b" ")
        if scheme.lower() != b"basic":
            name = scheme.decode("ascii", "replace")
            message = f"Invalid authentication: '{name}' HTTP Authorization scheme is not supported"
            raise EngineError(516, "AUTHENTICATION_FAILED", message)
        try:
            user, _, password = b64decode(rest.strip()).decode().partition(":")
        except ValueError as error:
            message = "Invalid authentication: the Basic credentials are not base64"
            raise EngineError(516, "AUTHENTICATION_FAILED", message) from error
        return user, password
    return query.get("user", "default"), query.get("password", "")
