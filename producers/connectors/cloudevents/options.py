"""What may be said of a CloudEvents connection: how it signs, and what its events mean."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from producers.connector import Site, WithTexts
from producers.connectors.cloudevents.expressions import Expression, OneOf
from xapi.signals import Happened, Item
from xapi.vocabulary import ACTIVITY_TYPES, BEHAVIOURS, VERBS

#: What a statement is made of; one of them asks for the others.
TOLD = ("verb", "behaviour", "object", "object_type")
#: What may be said beside.
BESIDE = (
    "object_name", "title", "text", "parent", "success", "counterpart", "topic", "tags",
)  # fmt: skip
MAIL = "mail"

#: What somebody may have done; what is taken back is said by `voids`.
DEEDS = VERBS.keys() - {"voided"}

Verb = Annotated[Expression, OneOf(DEEDS)]
Behaviour = Annotated[Expression, OneOf(BEHAVIOURS)]
ActivityType = Annotated[Expression, OneOf(ACTIVITY_TYPES)]
ItemKind = Annotated[Expression, OneOf([str(each) for each in Item])]
Happening = Annotated[Expression, OneOf([str(each) for each in Happened])]


class Authentication(StrEnum):
    """How a delivery shows that it comes from the tool."""

    BEARER = "bearer"
    STANDARD_WEBHOOKS = "standard-webhooks"
    HMAC = "hmac"


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignalRule(_Told):
    """What happened to a work item, by expressions."""

    #: `change`, `deployment`, `incident`, `ticket`, `deal` or `build`; or what gives one of them.
    kind: ItemKind
    #: What names the item for good.
    item: Expression
    #: `opened`, `answered`, `reviewed`, `closed`, `reopened`, `failed` or `succeeded`; or what
    #: gives one of them.
    happened: Happening
    #: The repository, service or queue that it belongs to.
    place: Expression
    #: Its address; without, the rule's `object`, or the tool's.
    link: Expression | None = None
    #: One word of the tool's own, as `production`.
    detail: Expression | None = None
    #: The commit that ties a change, its build and its deployment together.
    revision: Expression | None = None


class Rule(_Told):
    """What events of a type become, by expressions over the whole event."""

    #: The type of the events; one that ends with `*` is of every type that begins so.
    type: str = Field(min_length=1)
    #: Of such events those alone for which this holds.
    when: Expression | None = None
    #: What tells the act apart from others of its source, where that is not the event's own id.
    id: Expression | None = None
    #: When it was done, where that is not the event's own time.
    time: Expression | None = None
    #: Who did it: a login (or a mail address, as `accounts` says).
    actor: Expression | None = None
    #: A verb's name, as `viewed` (docs/behaviours.md), or what gives one.
    verb: Verb | None = None
    #: How somebody learned by it: a behaviour's name, as `read`, or what gives one.
    behaviour: Behaviour | None = None
    #: The address of what it was done to; a path is one below `site`.
    object: Expression | None = None
    #: The type of that: its name, as `page` (docs/behaviours.md), or what gives one.
    object_type: ActivityType | None = None
    #: Its name. No text by people: a number or a code.
    object_name: Expression | None = None
    #: Its title, which is its name where the connection `keeps` titles.
    title: Expression | None = None
    #: What the actor wrote: its language is told, and the text where the connection `keeps` texts.
    text: Expression | None = None
    #: The address of what it is a part of, or of what a reply answers, where `object` is the reply
    #: itself.
    parent: Expression | None = None
    #: Whether it succeeded, true or false: an answer that was accepted did.
    success: Expression | None = None
    #: Whom it was for or about: who was answered, reviewed, thanked.
    counterpart: Expression | None = None
    #: What it was about, as the organisation groups it: a space, a project, a queue.
    topic: Expression | None = None
    #: Words that it is marked with, as a text or a list.
    tags: Expression | None = None
    #: The id, or the ids, of what is taken back: instead of a verb and an object.
    voids: Expression | None = None
    #: What happened to a work item by it, beside or instead of a statement.
    signal: SignalRule | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        said = [name for name in (*TOLD, *BESIDE) if getattr(self, name) is not None]
        if said and self.voids:
            raise ValueError(f"`voids` takes something back; leave out {', '.join(said)}")
        needed = ("actor", *TOLD) if said else ("actor",) if self.voids else ()
        if missing := [name for name in needed if getattr(self, name) is None]:
            raise ValueError(f"missing: {', '.join(missing)}")
        if not (said or self.voids or self.signal):
            raise ValueError(f"missing: actor, {', '.join(TOLD)}; or `voids`, or a signal")
        return self

    def fits(self, kind: str) -> bool:
        """Whether it is about events of a type."""
        return matches(self.type, kind)


def matches(pattern: str, kind: str) -> bool:
    """Whether a type is what a pattern names."""
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else kind == pattern


def covers(pattern: str, other: str) -> bool:
    """Whether all types that another pattern names are named by a pattern."""
    return matches(pattern, other) and (pattern.endswith("*") or not other.endswith("*"))


def _accounts(given: object) -> object:
    return given.rstrip("/") if isinstance(given, str) else given


class CloudEventsOptions(WithTexts):
    """What `[connection.options]` may say of a CloudEvents connection."""

    #: The tool's address: ids count under it, and what is no whole address is an address below it.
    site: Site
    #: The tool's name, as it is shown.
    platform: str = Field(min_length=1)
    #: What `actor` and `counterpart` give: logins at `site`; at another address, which is said
    #: here; or `mail` addresses.
    accounts: Annotated[str, BeforeValidator(_accounts)] = ""
    #: Accounts that no person has.
    bots: frozenset[str] = frozenset()
    #: How deliveries are signed: `bearer` (the secret is the token), `standard-webhooks` (it is a
    #: `whsec_…`) or `hmac` (hex HMAC-SHA-256 of the body).
    authentication: Authentication = Authentication.BEARER
    #: The header of `hmac`, and what stands in it before the digits, as in `sha256=`.
    hmac_header: str = Field("X-Signature", pattern=r"^[A-Za-z0-9-]+$")
    hmac_prefix: str = Field("", pattern=r"^[\x21-\x7e]*$")
    #: Senders that may ask whether they may send (`WebHook-Request-Origin`), as in
    #: `events.example.com`.
    origins: frozenset[str] = frozenset()
    #: Type of event, or the beginning of some with `*` → why such events are left out.
    ignored: Mapping[str, str] = Field(default_factory=dict)
    #: What events become: the first rule of a type whose `when` holds counts.
    rules: tuple[Rule, ...] = Field(min_length=1)

    @field_validator("accounts")
    @classmethod
    def _known(cls, accounts: str) -> str:
        if accounts in ("", MAIL):
            return accounts
        if not accounts.startswith(("https://", "http://")):
            raise ValueError(f"it must be {MAIL!r} or begin with https:// or http://")
        return accounts.lower()

    @field_validator("origins")
    @classmethod
    def _lower(cls, origins: frozenset[str]) -> frozenset[str]:
        return frozenset(origin.lower() for origin in origins)

    @model_validator(mode="after")
    def _decided_once(self) -> Self:
        for number, rule in enumerate(self.rules, 1):
            if rule.type in self.ignored:
                raise ValueError(f"rule #{number}: {rule.type!r} is ignored, too")
            for earlier, other in enumerate(self.rules[: number - 1], 1):
                if other.when is None and covers(other.type, rule.type):
                    raise ValueError(f"rule #{number} is never reached, for rule #{earlier} is")
        return self
