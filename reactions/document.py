"""A reactions.toml: which rules are on, whom they tell, and when nobody is to be told.

    page = "https://learning.example.org"  # the page, for the link of a week

    [quiet]                      # nobody is told outside of these; unset, the organisation's own
    days = [1, 2, 3, 4, 5]
    hours = "09:00-17:00"

    [[target]]
    name = "desk"
    kind = "webhook"             # webhook, slack, teams or email
    url = "https://desk.example.org/headwater"
    secret = "file:/run/secrets/reactions"
    limit = 20                   # messages a day

    [[rule]]
    when = "question-open"
    amount = 4                   # the rule's own number, where another is wanted
    deliver = ["desk"]

A rule that is not named is off. A secret itself never stands in the file.
"""

import re
import tomllib
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from reactions.errors import DocumentError
from xapi.toml_places import Place, fault_of, line_of
from xapi.toml_texts import Name, Secret

_HOURS = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")
_STRICT = ConfigDict(extra="forbid", frozen=True)
#: The rules that there are (`rules.py` has what they do).
Whens = Literal[
    "question-open", "expert-gone", "stale-read", "newcomer-unanswered", "team-silent", "week"
]


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _filled(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values or not all(values):
        raise ValueError("an empty text fits nothing: leave it out")
    return values


def _web(text: str) -> str:
    if not re.match(r"https?://[^/\s]", text):
        raise ValueError("must be an address as https://…")
    return text


Texts = Annotated[tuple[str, ...], BeforeValidator(_several), AfterValidator(_filled)]


class Quiet(BaseModel):
    """When messages are delivered: what comes at other times is held until then."""

    model_config = _STRICT

    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] | None = None
    hours: str | None = None

    @field_validator("days")
    @classmethod
    def _some(cls, days: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if days == ():
            raise ValueError("without a day nothing would ever be delivered")
        return days

    @field_validator("hours")
    @classmethod
    def _hours(cls, text: str | None) -> str | None:
        if text is not None:
            begin, end = _seconds(text)
            if not begin < end <= 86_400:
                raise ValueError("hours begin before they end, and end by 24:00")
        return text

    @property
    def span(self) -> tuple[int, int] | None:
        """The hours in seconds since midnight, where they are given."""
        return None if self.hours is None else _seconds(self.hours)


def _seconds(text: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(text.replace(" ", ""))
    if not found:
        raise ValueError("write hours as 09:00-17:00")
    a, b, c, d = map(int, found.groups())
    return a * 3600 + b * 60, c * 3600 + d * 60


class _Target(BaseModel):
    model_config = _STRICT

    name: Name
    #: Messages a day at most; what is over that is held for the next.
    limit: int = Field(20, ge=1)


class Webhook(_Target):
    """An address that takes Standard Webhooks; `secret` is `whsec_` and Base64."""

    kind: Literal["webhook"]
    url: Annotated[str, AfterValidator(_web)]
    secret: Secret


class Chat(_Target):
    """An incoming webhook of Slack, or a workflow's of Teams; whoever has its address may post."""

    kind: Literal["slack", "teams"]
    url: Secret


class Email(_Target):
    """Addresses that are written to by a server that takes mail; STARTTLS unless told otherwise."""

    kind: Literal["email"]
    server: str
    port: int = Field(587, ge=1, le=65535)
    #: Off only for a server of one's own that offers none.
    starttls: bool = True
    sender: str
    to: Texts
    user: str = ""
    password: Secret | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if bool(self.user) is not bool(self.password):
            raise ValueError("user and password are given together, or neither is")
        if self.user and not self.starttls:
            raise ValueError("a password is never sent without STARTTLS")
        for address in (self.sender, *self.to):
            if not re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", address):
                raise ValueError(f"{address!r} is no address of e-mail")
        return self


Target = Annotated[Webhook | Chat | Email, Field(discriminator="kind")]


class Rule(BaseModel):
    """A rule that is on. Without `deliver` its statements are stored, and nobody is told."""

    model_config = _STRICT

    when: Whens
    #: Unless it is given, `when`; cases are known by it, so that another name raises them again.
    name: Name = ""
    #: The rule's own number, where another than its usual one is wanted.
    amount: float | None = Field(None, gt=0, le=10_000)
    #: Of which topics and teams alone; `*` and `?` stand for other characters.
    topic: Texts | None = None
    team: Texts | None = None
    deliver: Annotated[tuple[Name, ...], BeforeValidator(_several)] = ()
    #: Of `week`: the saved view that its link leads to; unset, the board This week.
    view: str = Field("", max_length=60)
    #: Of `week`: whether an e-mail carries that view on one page.
    pdf: bool = False

    @model_validator(mode="before")
    @classmethod
    def _called(cls, given: Any) -> Any:
        if isinstance(given, dict) and not given.get("name") and isinstance(given.get("when"), str):
            return {**given, "name": given["when"]}
        return given

    @model_validator(mode="after")
    def _whole(self) -> Self:
        whole = self.when not in ("question-open", "expert-gone", "week")
        if whole and self.amount is not None and self.amount != int(self.amount):
            raise ValueError(f"the amount of {self.when} is a whole number")
        if self.when == "week" and (self.topic or self.team):
            raise ValueError("a week is of no topic and no team: its view says what is shown")
        if self.when != "week" and (self.view or self.pdf):
            raise ValueError("view and pdf are of the rule week alone")
        return self


class Document(BaseModel):
    """A reactions.toml."""

    model_config = _STRICT

    quiet: Quiet = Quiet()
    #: The page's address, as those reach it who are told; without it a week has no link.
    page: Annotated[str, AfterValidator(_web)] | None = None
    target: tuple[Target, ...] = ()
    rule: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        targets = [each.name for each in self.target]
        for what, names in (("target", targets), ("rule", [each.name for each in self.rule])):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"two of [[{what}]] are called {name!r}: give each a name")
        for number, rule in enumerate(self.rule, 1):
            for name in rule.deliver:
                if name not in targets:
                    known = ", ".join(targets) or "none"
                    raise ValueError(
                        f"rule {number} delivers to {name!r}, and there is no such [[target]]; "
                        f"there are: {known}"
                    )
            mailed = [each.name for each in self.target if isinstance(each, Email)]
            if rule.pdf and not set(rule.deliver) & set(mailed):
                raise ValueError(f"rule {number} has pdf = true, and tells nobody by e-mail")
        return self


#: Every rule, each as it is without a word of its own; the organisation turns on what it wants.
EVERY = Document.model_validate({"rule": [{"when": when} for when in Whens.__args__]})  # type: ignore[attr-defined]
NONE = Document()


def read(text: str, where: str) -> Document:
    """What a reactions.toml says. Raises DocumentError with the line and the reason."""
    try:
        return Document.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DocumentError(f"{where}: {error}") from error
    except ValidationError as error:
        wrong = fault_of(error, text)
        line = line_of(text, _place(wrong.place))
        named = f" ({wrong.named})" if wrong.named else ""
        raise DocumentError(f"{where}, line {line}{named}: {wrong.said}") from error


def _place(place: Place) -> Place:
    """Where something stands in the file: pydantic puts a target's kind into its place."""
    if place[:1] != ("target",) or len(place) < 2:
        return place
    return (*place[:2], *(place[3:] if len(place) > 2 else ("kind",)))
