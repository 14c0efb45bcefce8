"""Who asks: Basic, X-ClickHouse-User/-Key, or user= and password= in the URL."""

import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from headwater.embedded.warehouse.errors import AuthenticationFailed, EngineError
from headwater.embedded.warehouse.workspaces import Workspaces
from warehouse.roles import READERS, USERS
from warehouse.workspaces import Workspace


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is known: the engine's role, the kind whose slots and limits count."""

    name: str
    role: str
    kind: str
    workspace: Workspace | None = None

    @property
    def reads(self) -> bool:
        """Whether it is no administrator."""
        return self.kind in READERS


def authenticate(
    headers: Mapping[bytes, bytes],
    query: Mapping[str, str],
    passwords: Mapping[str, str],
    workspaces: Workspaces,
) -> User:
    """The user whose password was given.

    Raises AuthenticationFailed (516) for another password or no such user; both take the same time.
    """
    name, password = _given(headers, query)
    workspace = workspaces.of(name)
    if workspace is not None:
        if not workspace.opens(password):
            raise AuthenticationFailed(name)
        return User(name, workspace.user, "analyst", workspace)
    known = passwords.get(name)
    right = hmac.compare_digest((known or "\0").encode(), password.encode())
    if known is None or not right:
        raise AuthenticationFailed(name)
    return User(name, USERS[name], USERS[name])


def check_roles(query_string: bytes, user: User) -> None:
    """Raises EngineError (512) where a request asks for a role that is not the user's own."""
    for name, role in parse_qsl(query_string.decode("ascii", "replace")):
        if name == "role" and role != user.role:
            message = f"Role {role} should be granted to {user.name} to set as a current"
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
