"""Connections: which tools may send or are asked, and with which secrets (`connections.toml`).

    [[connection]]
    name = "github"                  # the last part of the address: POST /hooks/github
    connector = "github"
    secret = "file:secrets/github"   # signs deliveries; "env:GITHUB_SECRET" reads the environment
    token = "env:GITHUB_TOKEN"       # with which the tool is asked, where it is
    [connection.options]             # what the connector's own options say

A secret itself never stands in the file; a file that is named is relative to it.
"""

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from producers.connector import Connector, Options
from producers.errors import ConnectionsError
from producers.registry import all_connectors

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TEXTS = ("name", "connector", "secret", "token")
_KEYS = {*_TEXTS, "options"}
_HEAD = re.compile(r"\s*\[\[\s*connection\s*\]\]")


@dataclass(frozen=True)
class Connection:
    """One tool that may send to `/hooks/<name>`, or is asked; `options` are of its connector."""

    name: str
    connector: Connector
    secret: bytes = field(repr=False)
    options: Options = field(default_factory=Options)
    token: bytes = field(default=b"", repr=False)

    @property
    def polled(self) -> bool:
        """Whether the tool is asked: it can be, and a token is there."""
        return self.connector.poll is not None and bool(self.token)


def load(path: Path) -> dict[str, Connection]:
    """The connections of a file, by name.

    Raises ConnectionsError with the connection and the key at fault.
    """
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError as error:
        raise ConnectionsError(
            f"{path}: there is no such file; name it with HEADWATER_CONNECTIONS"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConnectionsError(f"{path}: {error}") from error
    entries = document.get("connection", [])
    if not isinstance(entries, list):
        raise ConnectionsError(f"{path}: write [[connection]] with two brackets, one for each tool")
    found: dict[str, Connection] = {}
    for number, entry in enumerate(entries, 1):
        at = _At(path, text, number)
        connection = _connection(at, entry)
        if connection.name in found:
            raise at.wrong("name", f"two connections are called {connection.name!r}")
        found[connection.name] = connection
    return found


def described(connections: dict[str, Connection]) -> dict[str, dict[str, str]]:
    """What of connections stands in a stack's description: who signs with what, by whose rules."""
    return {
        "secrets": {name: one.secret.decode() for name, one in connections.items() if one.secret},
        "connectors": {name: one.connector.name for name, one in connections.items()},
    }


@dataclass(frozen=True)
class _At:
    """A connection's place in the file."""

    path: Path
    text: str
    number: int

    def wrong(self, key: str, what: str) -> ConnectionsError:
        """The error that says what is wrong, and on which line."""
        return ConnectionsError(
            f"{self.path}, line {self._line(key)} (connection {self.number}): {what}"
        )

    def _line(self, key: str) -> int:
        """The line of a key of this connection; the connection's own where it stands nowhere."""
        found = head = 0
        for number, line in enumerate(self.text.splitlines(), 1):
            if _HEAD.match(line):
                found, head = found + 1, number if found + 1 == self.number else head
            if found == self.number and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return number
        return head or 1


def _connection(at: _At, entry: dict[str, Any]) -> Connection:
    for key in sorted(entry.keys() - _KEYS):
        raise at.wrong(key, f"{key!r} is not one of {', '.join(sorted(_KEYS))}")
    for key in ("connector", "name"):
        _filled(at, entry, key)
    if not _NAME.fullmatch(entry["name"]):
        raise at.wrong("name", f"name {entry['name']!r} must be of a-z, 0-9, - and _")
    connector = all_connectors().get(entry["connector"])
    if connector is None:
        known = ", ".join(sorted(all_connectors()))
        raise at.wrong("connector", f"no connector {entry['connector']!r}; there are: {known}")
    secrets = {}
    asked = connector.nudged or not connector.webhook
    for key, needed in (("secret", bool(connector.webhook)), ("token", asked)):
        if needed or key in entry:
            _filled(at, entry, key)
            secrets[key] = _secret(at, key, entry[key])
    return Connection(
        entry["name"],
        connector,
        secrets.get("secret", b""),
        _options(at, connector, entry.get("options", {})),
        secrets.get("token", b""),
    )


def _filled(at: _At, entry: dict[str, Any], key: str) -> None:
    if not isinstance(entry.get(key), str) or not entry[key]:
        raise at.wrong(key, f"{key!r} is missing or not a text")


def _options(at: _At, connector: Connector, given: Any) -> Options:
    try:
        return connector.options.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "options"
        known = ", ".join(sorted(connector.options.model_fields)) or "none"
        raise at.wrong(
            str(first["loc"][0]) if first["loc"] else "options",
            f"the option {where!r} of {connector.name}: {first['msg']}; there are: {known}",
        ) from error


def _secret(at: _At, key: str, reference: str) -> bytes:
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name, "").encode()
    elif kind == "file":
        try:
            value = (at.path.parent / name).read_bytes().strip()
        except OSError as error:
            raise at.wrong(key, f"the {key}'s file cannot be read: {error}") from error
    else:
        raise at.wrong(key, f"{key} must read env:NAME or file:PATH, not a secret")
    if not value:
        raise at.wrong(key, f"the {key} {kind}:{name} is empty")
    if not _text(value):
        raise at.wrong(key, f"the {key} {kind}:{name} is not text")
    return value


def _text(value: bytes) -> bool:
    try:
        return bool(value.decode("utf-8"))
    except UnicodeDecodeError:
        return False
