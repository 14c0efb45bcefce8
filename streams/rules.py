"""The rules of the house: what an event means here, whatever its tool or its words say of it.

In one company `#random` is no learning, `#help-*` is asking, and what is labelled `runbook` records
knowledge. Rules are read from `behaviours.toml`, tried and put in force by `headwater behaviours`;
workers ask the warehouse for those in force. The first rule that fits decides.
"""

import fnmatch
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from warehouse import Warehouse
from xapi import vocabulary
from xapi.vocabulary import Behaviour

#: What a rule may make of an event, beside the behaviours.
BEHAVIOURS: dict[str, Behaviour] = {
    **vocabulary.BEHAVIOURS,
    vocabulary.NOT_LEARNING.name: vocabulary.NOT_LEARNING,
}
#: What a rule may ask: the fields of `Meant`.
CONDITIONS = ("tool", "kind", "verb", "type", "topic", "tag", "was")


class Meant(NamedTuple):
    """What rules are told of an event: its tool, the tool's own kind of it, whole and to its first
    dot (none where it does not tell it), canonical IRIs of its verb and of its object's type, its
    topic, its tags, and the behaviour that it has without any rule."""

    tool: str
    kind: tuple[str, ...]
    verb: str
    type: str
    topic: str
    tag: tuple[str, ...]
    was: str


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _filled(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values or not all(values):
        raise ValueError("an empty text fits nothing: leave the condition out")
    return values


def _one_of(names: Iterable[str]) -> AfterValidator:
    known = sorted(names)

    def check(values: Any) -> Any:
        for value in (values,) if isinstance(values, str) else values:
            if value not in known:
                raise ValueError(f"{value!r} is not one of {', '.join(known)}")
        return values

    return AfterValidator(check)


def _iris(table: dict[str, str]) -> AfterValidator:
    """Names of the vocabulary as IRIs; IRIs in their canonical form, patterns as they are."""

    def iri(value: str) -> str:
        if value in table:
            return table[value]
        if "://" not in value and not _pattern(value):
            raise ValueError(f"{value!r} is neither an IRI nor a known name: {_near(value, table)}")
        return value if _pattern(value) else vocabulary.canonical_iri(value)

    return AfterValidator(lambda values: tuple(iri(value) for value in values))


def _pattern(value: str) -> bool:
    return any(sign in value for sign in "*?[")


def _near(value: str, table: dict[str, str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(value, table, n=3)
    return f"is {' or '.join(near)} meant?" if near else f"names are {', '.join(sorted(table))}"


Texts = Annotated[tuple[str, ...], BeforeValidator(_several), AfterValidator(_filled)]
Verbs = Annotated[Texts, _iris(vocabulary.VERBS)]
Types = Annotated[Texts, _iris(vocabulary.ACTIVITY_TYPES)]
Was = Annotated[Texts, _one_of((*vocabulary.BEHAVIOURS, vocabulary.UNCLASSIFIED.name))]


class Rule(BaseModel):
    """Events that fit every condition are of a behaviour; "none" says that they are no learning.

    A condition is a text or a list of which one must fit; `*` and `?` stand for other characters,
    and capitals do not count. A kind without a dot fits whatever is done to it as well:
    `issue_comment` also `issue_comment.created`. What tells no kind fits no rule that asks for one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    behaviour: Annotated[str, _one_of(BEHAVIOURS)]
    tool: Texts | None = None
    kind: Texts | None = None
    verb: Verbs | None = None
    type: Types | None = None
    topic: Texts | None = None
    tag: Texts | None = None
    was: Was | None = None
    #: What a reader should know of it; nothing follows from it.
    why: str = ""

    @model_validator(mode="after")
    def _asks(self) -> "Rule":
        if all(getattr(self, name) is None for name in CONDITIONS):
            raise ValueError(
                f"a rule without a condition would fit everything: give {', '.join(CONDITIONS)}"
            )
        return self

    def covers(self, other: "Rule") -> bool:
        """Whether whatever fits `other` fits this, as far as their words tell."""
        mine = ((getattr(self, name), getattr(other, name)) for name in CONDITIONS)
        return all(
            wide is None or (narrow is not None and {*narrow} <= {*wide}) for wide, narrow in mine
        )

    def __str__(self) -> str:
        asked = (
            f"{name} = {' or '.join(values)}"
            for name in CONDITIONS
            if (values := getattr(self, name)) is not None
        )
        return f"{', '.join(asked)}: {self.behaviour}"


class Document(BaseModel):
    """A `behaviours.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _reached(self) -> "Document":
        for number, rule in enumerate(self.rule, 1):
            for earlier, wider in enumerate(self.rule[: number - 1], 1):
                if wider.covers(rule):
                    raise ValueError(
                        f"rule {number} is never reached: rule {earlier} fits all that it fits"
                    )
        return self


class Rules:
    """Rules in force, in their order."""

    def __init__(self, rules: Sequence[Rule] = (), version: int = 0) -> None:
        self.rules = tuple(rules)
        #: When they were put in force, in Unix milliseconds; 0 of none.
        self.version = version
        made = [_Fits.of(rule) for rule in self.rules]

        @lru_cache(maxsize=65_536)
        def find(meant: Meant) -> int:
            return next((n for n, fits in enumerate(made) if fits(meant)), -1)

        self._find = find

    def rule_for(self, meant: Meant) -> int | None:
        """The number of the rule that decides, counted from 0."""
        found = self._find(meant) if self.rules else -1
        return None if found < 0 else found

    def behaviour(self, meant: Meant, otherwise: Behaviour) -> Behaviour:
        """What an event is here."""
        number = self.rule_for(meant)
        return otherwise if number is None else BEHAVIOURS[self.rules[number].behaviour]


@dataclass(frozen=True)
class _Fits:
    """A rule as regular expressions."""

    asked: tuple[tuple[str, "re.Pattern[str]"], ...]

    @classmethod
    def of(cls, rule: Rule) -> "_Fits":
        return cls(
            tuple(
                (name, re.compile("|".join(fnmatch.translate(value.lower()) for value in values)))
                for name in CONDITIONS
                if (values := getattr(rule, name)) is not None
            )
        )

    def __call__(self, meant: Meant) -> bool:
        for name, pattern in self.asked:
            value = getattr(meant, name)
            values = value if isinstance(value, tuple) else (value,)
            if not any(pattern.match(each.lower()) for each in values):
                return False
        return True


NONE = Rules()


def read(text: str, version: int = 0) -> Rules:
    """The rules of a file's text.

    Raises TOMLDecodeError where it is no TOML, and pydantic's ValidationError, whose places are
    those of the document, where it says something else.
    """
    return Rules(Document.model_validate(tomllib.loads(text)).rule, version)


def in_force(warehouse: Warehouse, known: Rules = NONE) -> Rules:
    """The rules that were put in force last; `known` themselves where these are they."""
    rows = warehouse.rows("behaviours/in_force")
    version, text = rows[0] if rows else (NONE.version, "")
    return known if int(version) == known.version else read(text, int(version))
