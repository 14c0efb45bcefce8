"""The contract of a connector: what a tool sends, how it is asked, and what each kind becomes.

A tool is a folder `producers/connectors/<tool>/`: `__init__.py` declares `connector` and its
mappers, `ignored.toml` lists the kinds that are left out, `examples/` holds what the tool sends and
what is expected of it. Nothing else names the tool.

Every kind of event is one of three: mapped (a mapper turns it into statements and signals), ignored
on purpose (listed, with the reason), or unsupported (kept in `xapi.rejected`, counted, never
silent). A mapper is pure: an event and the connection's options in, statements, signals and nudges
out, from nothing but what does not change about the event; it is the same for what a webhook
brought and what a poll found, so that both count once.
"""

import tomllib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Any, Protocol, runtime_checkable
from urllib.parse import parse_qs

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from producers.errors import Unreadable
from producers.polling.login import Login, bearer
from producers.signatures import Delivery, Headers, Scheme
from producers.texts import TITLE, Keeps, Written, cut, written
from xapi.signals import Signal

#: What code raises that meets another shape than the tool documents.
SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError)

Event = Mapping[str, Any]
Statement = dict[str, Any]

#: The kind of a mapper that takes every kind which is neither mapped nor ignored: of a tool whose
#: kinds the connection declares.
ANY = "*"
#: Among `Webhook.content_types`: whatever the type, it may be a delivery.
ANY_TYPE = "*/*"

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Options(BaseModel):
    """What may be said of a connection in connections.toml; a tool's own fields in a subclass."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@runtime_checkable
class Named(Protocol):
    """Options of what any tool may send by, so that a connection says which tool it is."""

    @property
    def platform(self) -> str:
        """The tool's name, as it is shown."""


def _address(site: str) -> str:
    if not site.startswith(("https://", "http://")):
        raise ValueError("it must begin with https:// or http://")
    return site.rstrip("/").lower()


#: An option that is a tool's address: in lower case, without a slash at its end.
Site = Annotated[str, AfterValidator(_address)]


@dataclass(frozen=True)
class Nudge:
    """The tool says that something is new, and not what: the poller reads the stream now."""

    stream: str


@dataclass(frozen=True)
class Unmapped:
    """A part of an event that could not be mapped, beside others that could."""

    reason: str


Made = Statement | Signal | Nudge | Unmapped
Mapper = Callable[[Any, Any], Sequence[Made]]
#: (headers in lower case, event) → the kind, as in "issues.opened".
KindOf = Callable[[Headers, Event], str]


class Ignored(Exception):
    """Raised by a mapper for an event of a mapped kind that is left out on purpose."""


class Undecided(Exception):
    """Raised by a mapper of `ANY` for an event of a kind that nobody has decided about."""


class Disposition(StrEnum):
    """What becomes of an event."""

    MAPPED = "mapped"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Mapped:
    """A kind that becomes statements or signals."""

    mapper: Mapper


@dataclass(frozen=True)
class IgnoredKind:
    """A kind that is left out on purpose."""

    reason: str


@dataclass(frozen=True)
class Unsupported:
    """A kind that nobody has decided about."""


class WithUsers(Options):
    """Of a tool that can list its users with addresses which it has verified."""

    read_users: bool = Field(
        False,
        description="Whether the poller reads who has an account and which mail addresses the tool "
        "has verified, so that accounts are found to be of the people in people.csv who have these "
        "addresses. No address leaves the identity zone. It needs a permission more.",
    )
    domains: frozenset[str] = Field(
        frozenset(),
        description="Domains of the organisation's own addresses: where any stands here, no "
        "address of another domain counts.",
    )

    @field_validator("domains")
    @classmethod
    def _domains(cls, domains: frozenset[str]) -> frozenset[str]:
        return frozenset(domain.strip().lower().lstrip("@") for domain in domains)


class WithTexts(Options):
    """Of a tool in which things have titles, or people write."""

    keeps: Keeps = Field(
        Keeps.NOTHING,
        description="What goes further of what people write: `nothing`; `titles` of issues, pages, "
        "topics and files, as names of what statements are about; or `texts`, which keeps titles "
        "and what was written besides. Both stay in the identity zone.",
    )

    def named(self, title: object, otherwise: str = "") -> str:
        """A thing's title where titles are kept, else what names it without."""
        known = cut(title, TITLE) if isinstance(title, str) else ""
        return known if known and self.keeps is not Keeps.NOTHING else otherwise

    def written(self, text: object, title: object = "") -> Written:
        """What is told of what somebody wrote; `title` is one by the same hand."""
        return written(self.keeps, *(t if isinstance(t, str) else "" for t in (text, title)))


# Webhooks


@dataclass(frozen=True)
class Answer:
    """What a tool is told that asks whether the address is ours."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Handshake:
    """How a tool's question is answered; `reply` gives None for what is no question, and raises
    Refused where whoever asks is not to be answered.

    An unsigned one (Graph's validationToken, CloudEvents' OPTIONS) is asked before the signature is
    looked at, and sees no body; a signed one (Slack's challenge, Zoom's CRC) after it fitted.
    """

    reply: Callable[[Delivery, bytes], Answer | None]
    signed: bool
    methods: tuple[str, ...] = ("POST",)


def unchanged(delivery: Delivery, _: Any = None) -> Delivery:
    """A delivery as it is."""
    return delivery


def one_event(delivery: Delivery) -> Sequence[Event]:
    """The event of a delivery that holds one JSON object. Raises Unreadable."""
    event = _json(delivery.body)
    if not isinstance(event, dict):
        raise Unreadable("the body must be a JSON object")
    return [event]


def many_events(delivery: Delivery) -> Sequence[Event]:
    """The events of a delivery that holds a JSON array of objects, or one object.

    Raises Unreadable.
    """
    found = _json(delivery.body)
    events = found if isinstance(found, list) else [found]
    if not all(isinstance(event, dict) for event in events):
        raise Unreadable("the body must be a JSON object, or an array of them")
    return events


def form_field(body: bytes, name: str) -> bytes:
    """One field of a delivery that is sent as a form. Raises Unreadable."""
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=8)
        return fields[name][0].encode()
    except (ValueError, KeyError) as error:
        raise Unreadable(f"the form has no readable `{name}`: {error}") from error


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"the body is not valid JSON: {error}") from error


@dataclass(frozen=True)
class Webhook:
    """How a tool delivers its events.

    `events` takes a delivery apart; `keeps` names the headers (lower case) that a refused delivery
    needs to be tried again.
    """

    signature: Scheme
    kind_of: KindOf
    events: Callable[[Delivery], Sequence[Event]] = one_event
    keeps: tuple[str, ...] = ()
    content_types: tuple[str, ...] = (JSON,)
    #: A handshake, or what makes one of the connection's options.
    answer: Handshake | Callable[[Any], Handshake] | None = None
    #: Where the connection's options say how it signs; `signature` is the one by default.
    signature_of: Callable[[Any], Scheme] | None = None
    #: What a delivery is before anything of it is looked at: a token moved to where it belongs.
    arrived: Callable[[Delivery], Delivery] = unchanged
    #: (a signed delivery, options) → the same with all that it says in its body, where headers say
    #: a part of it: what is kept and known again is the body. Raises Refused.
    whole: Callable[[Delivery, Any], Delivery] = unchanged

    def scheme(self, options: Any) -> Scheme:
        """How deliveries of a connection with these options are signed."""
        return self.signature_of(options) if self.signature_of else self.signature

    def handshake(self, options: Any) -> Handshake | None:
        """How a question is answered by a connection with these options."""
        return self.answer(options) if callable(self.answer) else self.answer

    def signed(
        self, headers: Headers, body: bytes, secret: bytes, options: Any = None
    ) -> dict[str, str]:
        """The headers of a delivery of ours, signed: what a replay and the demo send."""
        plain = {name.lower(): value for name, value in headers.items()}
        scheme = self.signature if options is None else self.scheme(options)
        return {**plain, **scheme.sign(Delivery(plain, body), secret)}

    def found(self, delivery: Delivery) -> "list[Found]":
        """The events of a delivery that is whole, with their kinds. Raises Refused."""
        return [Found(self.kind_of(delivery.headers, one), one) for one in self.events(delivery)]


# Browsers


@dataclass(frozen=True)
class Beacon:
    """How pages in browsers send, at `/beacon/<connection>`, where nothing can be kept secret.

    `origins` are those whose pages may; `rate` is how often one address may a minute, `limit` how
    many bytes at once, both as the connection's options say. `admit` makes of what a page sent what
    the connection's secret then signs, as if the tool had sent it: (body, options, secret, Unix
    seconds of now) → body. It raises Refused. `script` is what pages load.
    """

    origins: Callable[[Any], Collection[str]]
    rate: Callable[[Any], int]
    admit: Callable[[bytes, Any, bytes, float], bytes]
    script: Callable[[Any], bytes]
    limit: int
    content_types: tuple[str, ...] = ("text/plain", JSON)


# Polling


@dataclass(frozen=True)
class Found:
    """An event that a poll found, of the kind under which a webhook would have brought it."""

    kind: str
    event: Event


@dataclass(frozen=True)
class Page:
    """Some events, and the cursor from which to read on once they are durable."""

    events: Sequence[Found]
    cursor: str


@dataclass(frozen=True)
class Reply:
    """What the tool's interface answered: the JSON, and its headers in lower case."""

    content: Any
    headers: Headers = field(default_factory=dict)
    #: The address of the next page, where the answer names one (RFC 8288); "" where it does not.
    next: str = ""


#: Where the page after a reply is: its address, or what to ask the same list with (a cursor, a
#: page's number); "" or nothing after the last one.
NextOf = Callable[[Reply], str | Mapping[str, str | int]]


class Then(StrEnum):
    """What is done about a tool's no."""

    STOP = "stop"
    #: The same again may succeed.
    LATER = "later"
    #: The place in the list is not known any more: the list is read from its beginning.
    ANEW = "anew"


@dataclass(frozen=True)
class No:
    """What a tool says in an answer of success that it did not do, and what is done about it."""

    reason: str
    then: Then = Then.STOP
    #: The tool's own word for it, which a connector may know.
    code: str = ""


def never(_: Any) -> No | None:
    """Of a tool that says so by the status."""
    return None


def unsaid(_: Any) -> float | None:
    """Of a tool that names a time to wait in headers alone."""
    return None


class Client(Protocol):
    """The tool's HTTP interface: who holds one deals with tokens, rate limits and retries."""

    async def get(self, path: str, **parameters: str | int) -> Reply:
        """One GET; `path` is relative to the base address, or a whole address under it."""

    async def post(self, path: str, content: Any) -> Reply:
        """One POST of JSON that reads and changes nothing, as a GraphQL query."""

    async def patch(self, path: str, content: Any) -> Reply:
        """One PATCH of JSON, which says how long the tool is to go on telling us."""

    def pages(
        self, path: str, next_of: NextOf | None = None, **parameters: str | int
    ) -> AsyncIterator[Reply]:
        """GET after GET, to the last page; by default as the Link header says."""


#: (client, the connection's options, cursor or "" at the first time) → pages, oldest first.
Pages = Callable[[Client, Any, str], AsyncIterator[Page]]


@dataclass(frozen=True, slots=True)
class User:
    """An account of a tool's user list (as statements name it), and its verified addresses.

    Of bots, guests, and whoever else the connection leaves out, no address is given: what was known
    of such an account is so taken back.
    """

    home_page: str
    name: str
    addresses: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class UserList:
    """A tool's user list, read whole, every so many seconds, where the connection says
    `read_users`; `needs` is the permission that this takes, in the tool's words.

    `pages` gives users, in any order; of one who comes twice the last counts.
    """

    pages: Callable[[Client, Any], AsyncIterator[Sequence[User]]]
    needs: str
    every: float = 3_600.0


@dataclass(frozen=True)
class Poll:
    """What a tool is asked, stream by stream, and how often.

    `streams` are the lists that are read, each with a cursor of its own; `every` in seconds;
    `address` the base address, `login` how the connection's token is shown there, both as its
    options say; `denied` finds the no in an answer's JSON, of tools that say it with a status of
    200; `waits` finds there the seconds for which the tool puts off, of tools that say them beside
    or instead of Retry-After. `upkeep` names streams that keep something up, and hold no history;
    `users` is its user list. Paging, rate limits, retries, tokens and cursors are the poller's.
    """

    streams: Mapping[str, Pages]
    every: float
    address: Callable[[Any], str]
    login: Callable[[Any, bytes], Login] = bearer
    denied: Callable[[Any], No | None] = never
    waits: Callable[[Any], float | None] = unsaid
    upkeep: Collection[str] = ()
    users: UserList | None = None


# Connectors


@dataclass(frozen=True)
class Accounts:
    """How people.csv writes an account in short: `<name>:<login>` at one home page."""

    home_page: str
    #: Whether logins know no upper case.
    lower: bool = True
    #: What stands for a login, in a word, and how one is written.
    called: str = "name"
    form: str = r"\S+"
    example: str = "anna"


@dataclass
class Connector:
    """A work tool: how its events come, and what becomes of each kind.

    `nudged` says that its webhooks, or some of them, only make the poller look, so a connection
    needs a token beside its secret. `carries` says that its statements are made by others: what one
    of them voids is undone only where the same connection brought it. `mappers` may have one of
    `ANY`. `ignored` maps kinds to reasons; "star.*" stands for every action of an event, "user*"
    for every kind that begins so. `told_as` has the kinds that tell anew of an act which the tool
    tells of by another one when it happens, with that other one: an edit, an older name.
    """

    name: str
    title: str
    docs: str
    account: Accounts | None = None
    webhook: Webhook | None = None
    #: Beside a webhook: what pages send is signed for them, and taken as a delivery.
    beacon: Beacon | None = None
    poll: Poll | None = None
    options: type[Options] = Options
    nudged: bool = False
    carries: bool = False
    ignored: Mapping[str, str] = field(default_factory=dict)
    told_as: Mapping[str, str] = field(default_factory=dict)
    mappers: dict[str, Mapper] = field(default_factory=dict)

    def maps(self, *kinds: str) -> Callable[[Mapper], Mapper]:
        """Registers a mapper for kinds. Raises ValueError where one is already decided."""

        def register(mapper: Mapper) -> Mapper:
            for kind in kinds:
                if kind in self.mappers or kind in self.ignored:
                    raise ValueError(f"{self.name}: {kind} is already mapped or ignored")
                self.mappers[kind] = mapper
            return mapper

        return register

    def decide(self, kind: str) -> Mapped | IgnoredKind | Unsupported:
        """Which of the three a kind is."""
        mapper = self.mappers.get(kind)
        if mapper is not None:
            return Mapped(mapper)
        event = kind.partition(".")[0]
        for pattern in (kind, f"{event}.*"):
            if reason := self.ignored.get(pattern):
                return IgnoredKind(reason)
        for pattern, reason in self.ignored.items():
            begins = pattern[:-1] if pattern.endswith("*") else ""
            if begins and not begins.endswith(".") and kind.startswith(begins):
                return IgnoredKind(reason)
        return Mapped(self.mappers[ANY]) if ANY in self.mappers else Unsupported()


def ignored_kinds(package: str) -> dict[str, str]:
    """Kind → reason, of a connector's `ignored.toml`: `[[ignored]]` with `reason` and `kinds`.

    Raises ValueError for a kind that stands there twice.
    """
    document = tomllib.loads((files(package) / "ignored.toml").read_text("utf-8"))
    found: dict[str, str] = {}
    for entry in document["ignored"]:
        for kind in entry["kinds"]:
            if kind in found:
                raise ValueError(f"{package}/ignored.toml: {kind} stands there twice")
            found[kind] = entry["reason"]
    return found


def each(parts: Sequence[Any], make: Callable[[Any], Made]) -> list[Made]:
    """What each part of an event becomes; one that has not the documented shape costs no other."""
    made: list[Made] = []
    for place, part in enumerate(parts):
        try:
            made.append(make(part))
        except SHAPE_ERRORS as error:
            made.append(Unmapped(f"part {place}: {type(error).__name__}: {error}"))
    return made
