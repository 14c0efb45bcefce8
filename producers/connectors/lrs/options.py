"""What may be said of a connection to another LRS."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from pydantic import AfterValidator, Field

from producers.connector import Options
from xapi.formats import is_iri
from xapi.identity import canonical
from xapi.versions import ONE, Rules


def _endpoint(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme.lower() not in ("https", "http") or not parts.hostname:
        raise ValueError("it must begin with https:// or http://")
    path = parts.path.rstrip("/").removesuffix("/statements")
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, "", ""))


def _iri(text: str) -> str:
    if not is_iri(text):
        raise ValueError(f"{text!r} is no IRI")
    return text


def _agent(said: dict[str, Any]) -> dict[str, Any]:
    if said and not canonical(said):
        raise ValueError("it needs one of account, mbox, mbox_sha1sum and openid")
    return said


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


#: The address under which an LRS has `/statements`: its host in lower case, its path as it is.
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Iri = Annotated[str, AfterValidator(_iri)]
Asked = Mapping[str, str | int]


class LrsOptions(Options):
    """What `[connection.options]` may say of another LRS."""

    #: Its xAPI endpoint, which ends where `/statements` would begin.
    endpoint: Endpoint
    #: The name (or key) with which we log in by Basic; the token is the password (or secret).
    user: str = Field(min_length=1)
    #: What is spoken: `"1.0.3"`, or `"2.0.0"` where the LRS does; asked in 1.0.3, one that speaks
    #: both leaves out what only 2.0 knows (`contextAgents`, `contextGroups`).
    version: Rules = ONE
    #: Addresses by which other LRSs ask this installation: what has come from here is not brought
    #: back.
    ours: frozenset[Endpoint] = frozenset()
    #: Only what was stored after this time; without, all that it holds.
    since: Annotated[datetime | None, AfterValidator(_in_utc)] = None
    #: Only statements of these verbs (IRIs).
    verbs: tuple[Iri, ...] = ()
    #: Only statements about these activities (IRIs).
    activities: tuple[Iri, ...] = ()
    #: Only statements of this agent, as in `{account = {homePage = "…", name = "…"}}`.
    agent: Annotated[dict[str, Any], AfterValidator(_agent)] = Field(default_factory=dict)
    #: Only statements of this registration.
    registration: UUID | None = None
    #: Whether statements whose files only the other LRS has are left to `headwater forward`, which
    #: brings the files, too; else such a statement comes without, and says what it had.
    attachments: bool = False
    #: How many seconds before its present the LRS is read up to: without it, as far as it says
    #: that it is consistent, or a minute where it says nothing.
    lag_seconds: float | None = Field(None, ge=0)

    def lists(self) -> Iterator[tuple[str, Asked]]:
        """Name → what is asked for: of verbs and activities GET /statements takes one each."""
        common: dict[str, str | int] = {}
        if self.agent:
            common["agent"] = json.dumps(self.agent, sort_keys=True)
        if self.registration:
            common["registration"] = str(self.registration)
        for verb in self.verbs or ("",):
            for activity in self.activities or ("",):
                asked = {"verb": verb, "activity": activity}
                only = {name: value for name, value in asked.items() if value}
                yield " ".join(only.values()), {**common, **only}

    @property
    def filtered(self) -> bool:
        """Whether not all is wanted."""
        return bool(self.verbs or self.activities or self.agent or self.registration)

    def wants(self, statement: Mapping[str, Any]) -> bool:
        """Whether a statement meets the filters by itself (Part Three 2.1.3)."""
        said, context = statement["object"], statement.get("context") or {}
        people = {canonical(each) for each in (statement["actor"], said)}
        registration = str(context.get("registration", "")).lower()
        return (
            (not self.verbs or statement["verb"]["id"] in self.verbs)
            and (not self.activities or said.get("id") in self.activities)
            and (not self.agent or canonical(self.agent) in people)
            and (not self.registration or registration == str(self.registration))
        )
