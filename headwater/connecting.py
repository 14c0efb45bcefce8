"""A connection is added to connections.toml: what a tool needs is asked, written down, and told.

What stands in the file already is not touched. A secret goes to a file of its own, which only its
owner may read, and the file of connections names it.
"""

import base64
import contextlib
import datetime
import fcntl
import json
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from headwater.errors import StackError
from producers import signatures
from producers.connections import is_name, misfit, needs, parsed
from producers.connector import Connector, Options
from producers.errors import ConnectionsError
from producers.setup import Door, Secret, Setup, Token, setup_of
from producers.signatures import Scheme, StampedHmacSha256
from xapi.toml_places import Fault, fault_of

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_REFERENCES = ("env:", "file:")

#: (what is asked for, whether it is a secret) → the answer, "" for none. Raises StackError where
#: nobody answers.
Ask = Callable[[str, bool], str]
Tell = Callable[[str], object]


@dataclass
class Adding:
    """A connection that is being made up, of what its tool needs."""

    connector: Connector
    name: str
    path: Path
    #: The address under which tools reach the hooks server.
    public: str
    options: dict[str, Any] = field(default_factory=dict)
    #: `secret` and `token`: what connections.toml says of them, or the text itself.
    given: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise StackError(
                f"a connection cannot be called {self.name!r}. To fix: give it a name of a-z, 0-9, "
                "- and _."
            )
        self.text = self._text()
        there = self._checked(self.text, "correct it (docs/connecting.md)")
        if self.name in there:
            raise StackError(
                f"{self.path} has a connection {self.name!r} already. To fix: give the new one "
                f"another name: `headwater connectors add {self.connector.name} NAME`."
            )

    @property
    def setup(self) -> Setup:
        """How the tool is connected, in its words."""
        return setup_of(self.connector.name)

    @property
    def address(self) -> str:
        """Where the tool delivers, or a page's script is."""
        path = f"beacon/{self.name}.js" if self.connector.beacon else f"hooks/{self.name}"
        return f"{self.public.rstrip('/')}/{path}"

    @property
    def secret(self) -> Secret | None:
        """What signs deliveries, where the tool delivers."""
        if self.connector.webhook is None:
            return None
        return self.setup.secret or Secret(called="secret", ours=True)

    @property
    def token(self) -> Token | None:
        """With what the tool is asked, where it can be."""
        if self.connector.poll is None:
            return None
        return self.setup.token or Token(called="token", where=self.connector.docs)

    # options

    def take(self, name: str, text: str) -> Fault | None:
        """Takes an option as somebody wrote it: as in TOML, as a plain text, or as a list with
        commas, whichever fits. What is wrong with it, where nothing does.

        Raises StackError for a name that the connector does not know.
        """
        fields = self.connector.options.model_fields
        if name not in fields:
            known = ", ".join(sorted(fields)) or "none"
            raise StackError(
                f"{self.connector.name} has no option {name!r}. To fix: name one of {known}."
            )
        faults = []
        for value in _readings(text):
            fault = self._fault({**self.options, name: value}, name)
            if fault is None:
                self.options[name] = value
                return None
            faults.append(fault)
        return faults[0]

    def missing(self) -> Iterator[tuple[str, bool]]:
        """The options that are asked for and not given, and whether each must be."""
        for name, each in self.connector.options.model_fields.items():
            if name in self.options:
                continue
            if each.is_required() or name in self.setup.asks:
                yield name, each.is_required()

    def whole(self) -> Options:
        """The options, checked together. Raises StackError with the name of what is wrong."""
        try:
            return self._validated(self.options)
        except ValidationError as error:
            raise self.wrong(fault_of(error, "")) from error

    def wrong(self, fault: Fault) -> StackError:
        """The error that says what is wrong with an option."""
        return StackError(
            f"{misfit(self.connector, fault)}. To fix: say it by `--set NAME=VALUE` "
            "(docs/connectors.md has every option)."
        )

    def _validated(self, options: Mapping[str, Any]) -> Options:
        context = {"folder": self.path.parent}
        return self.connector.options.model_validate(options, context=context)

    def _fault(self, options: Mapping[str, Any], name: str) -> Fault | None:
        """What is wrong with one option; what others lack does not matter yet."""
        try:
            self._validated(options)
        except ValidationError as error:
            if any(each["loc"][:1] == (name,) for each in error.errors()):
                only = [each for each in error.errors() if each["loc"][:1] == (name,)]
                said = only[0]["msg"].removeprefix("Value error, ")
                return Fault(only[0]["loc"], 0, said, said)
        return None

    # secrets

    def make_secret(self, options: Options) -> None:
        """Draws a secret by lot, where the tool takes one of ours and none is given."""
        if self.secret and self.secret.ours and "secret" not in self.given:
            self.given["secret"] = _drawn(self._scheme(options))

    def check_secrets(self, options: Options) -> None:
        """Raises StackError where a credential is missing, or can never sign."""
        for key, needed in needs(self.connector).items():
            if needed and not self.given.get(key):
                raise StackError(
                    f"a {self.connector.title} connection needs a {key}. To fix: give it by "
                    f"`--{key} env:NAME`, `--{key} file:PATH`, or `--{key} -` to read a line."
                )
        secret = self.given.get("secret", "")
        if not secret or secret.startswith(_REFERENCES):
            return
        if why := signatures.fault(self._scheme(options), secret.encode()):
            raise StackError(f"the secret is none that can sign: {why}. To fix: copy it whole.")

    def _scheme(self, options: Options) -> Scheme:
        assert self.connector.webhook
        return self.connector.webhook.scheme(options)

    # writing

    def write(self) -> None:
        """Writes the files of secrets, then the connection below what stands in the file.

        Raises StackError, with nothing left behind, where that cannot be done.
        """
        named = {key: self._named(key, text) for key, text in self.given.items() if text}
        block = _block(self.name, self.connector.name, named, self.options)
        before = self.text if self.text.endswith("\n") or not self.text else f"{self.text}\n"
        self._checked(
            before + block,
            "write each connection as [[connection]], so that one can be added below",
        )
        try:
            self._put(before.removeprefix(self.text) + block)
        except OSError as error:
            raise StackError(
                f"{error.filename or self.path} cannot be written: {error.strerror}. To fix: "
                "give yourself the right to, or name another file with --config."
            ) from error

    def _named(self, key: str, text: str) -> str:
        """What connections.toml says of a secret: where it is."""
        if text.startswith(_REFERENCES):
            return text
        plain = f"secrets/{self.name}{'-token' if key == 'token' else ''}"
        place, number = plain, 1
        while (self.path.parent / place).exists() or place in self.made:
            number += 1
            place = f"{plain}-{number}"
        self.made[place] = text
        return f"file:{place}"

    def _put(self, more: str) -> None:
        written: list[Path] = []
        try:
            for place, text in self.made.items():
                file = self.path.parent / place
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with os.fdopen(
                    os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
                ) as to:
                    written.append(file)
                    to.write(f"{text}\n")
            self._append(more)
        except BaseException:
            for file in written:
                file.unlink(missing_ok=True)
            raise

    def _append(self, more: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(
            os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600), "rb+"
        ) as to:
            fcntl.flock(to, fcntl.LOCK_EX)
            if to.read() != self.text.encode():
                raise StackError(f"{self.path} has changed meanwhile. To fix: try it again.")
            to.write(more.encode())

    def _text(self) -> str:
        try:
            return self.path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", "") or "it is no text"
            raise StackError(
                f"{self.path} cannot be read: {why}. To fix: name another with --config."
            ) from error

    def _checked(self, text: str, fix: str) -> Mapping[str, object]:
        try:
            return parsed(text, self.path, secrets=False)
        except ConnectionsError as error:
            raise StackError(f"{error}. To fix: {fix}.") from error


# asking


def asked(adding: Adding, ask: Ask, tell: Tell, about: Mapping[str, str]) -> Options:
    """Asks for whatever is missing; `about` says of options what they are.

    Raises StackError where somebody who must answer does not.
    """
    setup = adding.setup
    for line in setup.before:
        tell(f"first: {line}")
    if setup.door and setup.door.first:
        _tell_door(adding, setup.door, tell)
    for name, must in list(adding.missing()):
        _ask_option(adding, name, must, ask, tell, about.get(name, ""))
    options = adding.whole()
    if adding.secret and not adding.secret.ours and "secret" not in adding.given:
        where = f" ({adding.secret.where})" if adding.secret.where else ""
        adding.given["secret"] = ask(f"{adding.secret.called}{where}", True)
    if adding.token and "token" not in adding.given:
        _tell_list("  it must be allowed", adding.token.permissions, tell)
        none = "" if needs(adding.connector)["token"] else "; empty: the tool is not asked"
        adding.given["token"] = ask(f"{adding.token.called} ({adding.token.where}{none})", True)
    adding.make_secret(options)
    adding.check_secrets(options)
    return options


def _ask_option(adding: Adding, name: str, must: bool, ask: Ask, tell: Tell, about: str) -> None:
    if about:
        tell(f"{name}: {about}")
    while text := ask(name if must else f"{name} (may be empty)", False):
        fault = adding.take(name, text)
        if fault is None:
            return
        tell(f"  {misfit(adding.connector, fault)}")
    if must:
        raise StackError(
            f"{adding.connector.name} needs the option {name!r}. To fix: give it by "
            f"`--set {name}=VALUE` (docs/connectors.md)."
        )


# telling


def told(adding: Adding, tell: Tell) -> None:
    """Says what is to be pasted where, in the tool's words, and how to see that it works."""
    setup, connector = adding.setup, adding.connector
    tell(f"{adding.name} is added to {adding.path}: {connector.title}")
    if setup.door:
        _tell_door(adding, setup.door, tell)
    elif connector.webhook:
        tell(f"let {connector.title} deliver to {adding.address}")
        tell(f"  secret: {_shown(adding)}")
    if adding.token and adding.given.get("token"):
        _tell_list(f"the {adding.token.called} must be allowed", adding.token.permissions, tell)
    for line in setup.after:
        tell(f"then: {line}")
    tell(
        "a Headwater that runs takes it up within some seconds. "
        f"`headwater connectors check {adding.name}` says whether it works."
    )


def _tell_door(adding: Adding, door: Door, tell: Tell) -> None:
    tell(f"in {adding.connector.title}, {door.where}:")
    width = max(map(len, door.fields), default=0)
    for name, value in door.fields.items():
        filled = value.replace("{address}", adding.address).replace("{secret}", _shown(adding))
        tell(f"  {name:<{width}}  {filled}")
    _tell_list(f"  {door.events_called}", door.events, tell)


def _tell_list(title: str, items: tuple[str, ...], tell: Tell) -> None:
    if items:
        tell(f"{title}:")
        for each in items:
            tell(f"    - {each}")


def _shown(adding: Adding) -> str:
    secret = adding.given.get("secret", "")
    return f"what {secret} holds" if secret.startswith(_REFERENCES) else secret


# TOML


def _readings(text: str) -> Iterator[Any]:
    """What a text may mean, the plainest at last."""
    with contextlib.suppress(tomllib.TOMLDecodeError):
        yield tomllib.loads(f"x = {text}")["x"]
    yield text
    yield [each.strip() for each in text.split(",") if each.strip()]


def _block(
    name: str, connector: str, credentials: Mapping[str, str], options: Mapping[str, Any]
) -> str:
    """A connection as it stands in the file."""
    lines = ["", "[[connection]]", f"name = {_toml(name)}", f"connector = {_toml(connector)}"]
    lines += [f"{key} = {_toml(text)}" for key, text in credentials.items()]
    tables = {key: each for key, each in options.items() if _is_tables(each)}
    plain = {key: each for key, each in options.items() if key not in tables}
    if plain:
        lines += ["[connection.options]", *_pairs(plain)]
    for key, entries in tables.items():
        for entry in entries:
            lines += [f"[[connection.options.{_key(key)}]]", *_pairs(entry)]
    return "\n".join(lines) + "\n"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) for e in value)


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_toml(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _toml(key)


def _toml(value: Any) -> str:
    """A value as TOML writes it; what JSON escapes TOML escapes alike."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(_pairs(value))}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _drawn(scheme: Scheme) -> str:
    if isinstance(scheme, StampedHmacSha256) and scheme.secret_prefix:
        return scheme.secret_prefix + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(32)
