"""Connections: which tools may send, and the secret each signs with (`connections.toml`).

    [[connection]]
    name = "github"                  # the last part of the address: POST /hooks/github
    connector = "github"
    secret = "file:secrets/github"   # or "env:GITHUB_SECRET"; a file is relative to the TOML

A secret itself never stands in the file.
"""

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from producers.connector import Connector
from producers.errors import ConnectionsError
from producers.registry import all_connectors

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_KEYS = {"name", "connector", "secret"}


@dataclass(frozen=True)
class Connection:
    """One tool that may send to `/hooks/<name>`."""

    name: str
    connector: Connector
    secret: bytes = field(repr=False)


def load(path: Path) -> dict[str, Connection]:
    """The connections of a file, by name.

    Raises ConnectionsError with the connection and the key at fault.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
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
        connection = _connection(f"{path}: connection {number}", entry, path.parent)
        if connection.name in found:
            raise ConnectionsError(f"{path}: two connections are called {connection.name!r}")
        found[connection.name] = connection
    return found


def _connection(where: str, entry: dict[str, Any], folder: Path) -> Connection:
    for key in entry.keys() - _KEYS:
        raise ConnectionsError(f"{where}: {key!r} is not one of {', '.join(sorted(_KEYS))}")
    for key in sorted(_KEYS):
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise ConnectionsError(f"{where}: {key!r} is missing or not a text")
    if not _NAME.fullmatch(entry["name"]):
        raise ConnectionsError(f"{where}: name {entry['name']!r} must be of a-z, 0-9, - and _")
    connector = all_connectors().get(entry["connector"])
    if connector is None:
        known = ", ".join(sorted(all_connectors()))
        raise ConnectionsError(f"{where}: no connector {entry['connector']!r}; there are: {known}")
    return Connection(entry["name"], connector, _secret(where, entry["secret"], folder))


def _secret(where: str, reference: str, folder: Path) -> bytes:
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name, "").encode()
    elif kind == "file":
        try:
            value = (folder / name).read_bytes().strip()
        except OSError as error:
            raise ConnectionsError(f"{where}: the secret's file cannot be read: {error}") from error
    else:
        raise ConnectionsError(f"{where}: secret must read env:NAME or file:PATH, not a secret")
    if not value:
        raise ConnectionsError(f"{where}: the secret {kind}:{name} is empty")
    if not _text(value):
        raise ConnectionsError(f"{where}: the secret {kind}:{name} is not text")
    return value


def _text(value: bytes) -> bool:
    try:
        return bool(value.decode("utf-8"))
    except UnicodeDecodeError:
        return False
