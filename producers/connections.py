"""Connections: which tools may send or are asked, and with which secrets (`connections.toml`).

    [[connection]]
    name = "github"                  # the last part of the address: POST /hooks/github
    connector = "github"
    secret = "file:secrets/github"   # signs deliveries; "env:GITHUB_SECRET" reads the environment
    token = "env:GITHUB_TOKEN"       # with which the tool is asked, where it is
    [connection.options]             # what the connector's own options say

A secret itself never stands in the file; a file that is named is relative to it.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from producers import secrets
from producers.connector import Connector, Named, Options
from producers.errors import ConnectionsError
from producers.registry import all_connectors
from producers.signatures import Scheme, fault
from xapi.toml_places import Fault, Place, fault_of, line_of

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TEXTS = ("name", "connector", "secret", "token")
_KEYS = {*_TEXTS, "options"}


@dataclass(frozen=True)
class Connection:
    """One tool that may send to `/hooks/<name>`, or is asked; `options` are of its connector."""

    name: str
    connector: Connector
    secret: bytes = field(repr=False)
    options: Options = field(default_factory=Options)
    token: bytes = field(default=b"", repr=False)

    @property
    def scheme(self) -> Scheme:
        """How its deliveries are signed. Only of a tool that delivers."""
        assert self.connector.webhook
        return self.connector.webhook.scheme(self.options)

    @property
    def platform(self) -> str:
        """The tool as its statements name it; "" where they are others', and name what they did."""
        if self.connector.carries:
            return ""
        return self.options.platform if isinstance(self.options, Named) else self.connector.title

    @property
    def polled(self) -> bool:
        """Whether the tool is asked: it can be, and a token is there."""
        return self.connector.poll is not None and bool(self.token)


def load(path: Path, *, secrets: bool = True) -> dict[str, Connection]:
    """The connections of a file, by name; without their `secrets`, where nothing is sent or taken.

    Raises ConnectionsError with the connection and the key at fault.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise ConnectionsError(
            f"{path}: there is no such file; name it with HEADWATER_CONNECTIONS",
            "there is no such file",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConnectionsError(f"{path}: {error}", "it is no text that can be read") from error
    return parsed(text, path, secrets=secrets)


def parsed(text: str, path: Path, *, secrets: bool = True) -> dict[str, Connection]:
    """The same of a text that stands, or is to stand, at a path."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConnectionsError(f"{path}: {error}", f"no TOML: {error}") from error
    entries = document.get("connection", [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        what = "write [[connection]] with two brackets, one for each tool"
        raise ConnectionsError(f"{path}: {what}", what)
    found: dict[str, Connection] = {}
    for number, entry in enumerate(entries, 1):
        at = _At(path, text, number)
        connection = _connection(at, entry, secrets)
        if connection.name in found:
            raise at.wrong(
                "name", f"two connections are called {connection.name!r}", "another has the name"
            )
        found[connection.name] = connection
    return found


def described(connections: dict[str, Connection]) -> dict[str, dict[str, Any]]:
    """What of connections stands in a stack's description: who signs with what, by whose rules.

    `options` stand there where they say how a connection signs, and only then.
    """
    told: dict[str, dict[str, Any]] = {
        "secrets": {name: one.secret.decode() for name, one in connections.items() if one.secret},
        "connectors": {name: one.connector.name for name, one in connections.items()},
    }
    options = {
        name: one.options.model_dump(mode="json", exclude_unset=True)
        for name, one in connections.items()
        if one.connector.webhook and one.connector.webhook.signature_of
    }
    return {**told, "options": options} if options else told


@dataclass(frozen=True)
class _At:
    """A connection's place in the file."""

    path: Path
    text: str
    number: int

    @property
    def place(self) -> Place:
        """The same as a place of the document."""
        return ("connection", self.number - 1)

    def wrong(self, key: str, what: str, plain: str) -> ConnectionsError:
        """The error that says what is wrong with a key of the connection, and on which line."""
        return self.at(line_of(self.text, (*self.place, key)), what, f"{key!r}: {plain}")

    def at(self, line: int, what: str, plain: str) -> ConnectionsError:
        """The error that says what is wrong on a line of the connection."""
        where = f"line {line} (connection {self.number})"
        return ConnectionsError(f"{self.path}, {where}: {what}", f"line {line}, {plain}")


def _connection(at: _At, entry: dict[str, Any], secret: bool) -> Connection:
    for key in sorted(entry.keys() - _KEYS):
        known = ", ".join(sorted(_KEYS))
        raise at.wrong(key, f"{key!r} is not one of {known}", f"it is not one of {known}")
    for key in ("connector", "name"):
        _filled(at, entry, key)
    if not is_name(entry["name"]):
        what = "must be of a-z, 0-9, - and _"
        raise at.wrong("name", f"name {entry['name']!r} {what}", f"it {what}")
    connector = all_connectors().get(entry["connector"])
    if connector is None:
        known = ", ".join(sorted(all_connectors()))
        raise at.wrong(
            "connector",
            f"no connector {entry['connector']!r}; there are: {known}",
            f"there is no such connector, but {known}",
        )
    needed = needs(connector)
    found = {
        key: _secret(at, key, entry) if secret else b""
        for key in needed
        if needed[key] or key in entry
    }
    made = Connection(
        entry["name"],
        connector,
        found.get("secret", b""),
        _options(at, connector, entry.get("options", {})),
        found.get("token", b""),
    )
    if secret and connector.webhook and (why := fault(made.scheme, made.secret)):
        raise at.wrong(
            "secret",
            f"the secret {entry['secret']} is none that can sign: {why}",
            f"it is none that can sign: {why}",
        )
    return made


def is_name(text: str) -> bool:
    """Whether a connection may be called so."""
    return bool(_NAME.fullmatch(text))


def needs(connector: Connector) -> dict[str, bool]:
    """Whether a tool's connection cannot do without a secret, and without a token."""
    asked = connector.nudged or not connector.webhook
    return {"secret": bool(connector.webhook), "token": asked}


def _filled(at: _At, entry: dict[str, Any], key: str) -> None:
    if not isinstance(entry.get(key), str) or not entry[key]:
        what = "is missing or not a text"
        raise at.wrong(key, f"{key!r} {what}", f"it {what}")


def _options(at: _At, connector: Connector, given: Any) -> Options:
    try:
        return connector.options.model_validate(given, context={"folder": at.path.parent})
    except ValidationError as error:
        wrong = fault_of(error, at.text, (*at.place, "options"))
        raise at.at(
            wrong.line, misfit(connector, wrong), f"{wrong.named or 'options'!r}: {wrong.plain}"
        ) from error


def misfit(connector: Connector, wrong: Fault) -> str:
    """What is wrong with an option of a connector, in words."""
    known = ", ".join(_known(connector.options, wrong.place)) or "none"
    named = repr(wrong.named or "options")
    return f"the option {named} of {connector.name}: {wrong.said}; there are: {known}"


def _known(model: type[BaseModel], place: Place) -> list[str]:
    """The names that are known where a place is."""
    for name in place[:-1]:
        if isinstance(name, str) and name in model.model_fields:
            inner = model_in(model.model_fields[name].annotation)
            if inner is None:
                break
            model = inner
    return sorted(model.model_fields)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a type is, or is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(model_in, get_args(annotation))), None)


def _secret(at: _At, key: str, entry: dict[str, Any]) -> bytes:
    _filled(at, entry, key)
    try:
        value = secrets.named(entry[key], at.path.parent)
    except ValueError as error:
        raise at.wrong(key, f"{key} {error}", "it cannot be read as it is named") from error
    if not value:
        raise at.wrong(key, f"the {key} {entry[key]} is empty", "it is empty")
    if not _text(value):
        raise at.wrong(key, f"the {key} {entry[key]} is not text", "it is not text")
    return value


def _text(value: bytes) -> bool:
    try:
        return bool(value.decode("utf-8"))
    except UnicodeDecodeError:
        return False
