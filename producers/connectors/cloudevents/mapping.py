"""What a rule of a connection makes of an event."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

import orjson

from producers import people
from producers.connector import Event, Ignored, Made, Statement, Unmapped
from producers.connectors.cloudevents.expressions import Expression, unknown
from producers.connectors.cloudevents.options import (
    DEEDS,
    MAIL,
    CloudEventsOptions,
    Rule,
    SignalRule,
)
from producers.signals import signal
from producers.statements import activity, agent, statement, utc, voiding
from producers.texts import Written
from xapi import vocabulary
from xapi.identity import canonical
from xapi.ids import statement_id
from xapi.signals import Happened, Item, Signal

CONNECTOR = "cloudevents"
#: Longer is no name: a rule that took a text for one is told.
LONGEST = 1000
#: So many words may be in a list.
MOST = 100
#: A whole address: `page:17` is none, however much it looks like one.
_WHOLE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://|(urn|tag|doi):")
#: A word that may be told in a reason; what is longer may be somebody's text.
_WORD = re.compile(r"[\w.-]{1,40}")
_MAIL = re.compile(r"[^\s@<>,;|]+@[^\s@<>,;|]+")
#: Signs of no text: of control, and halves of signs.
_UNSEEN = ("Cc", "Cs")
_KINDS = {bool: "a truth value", dict: "an object", list: "a list", float: "a number with a point"}


class Reading:
    """An event as one rule reads it."""

    def __init__(self, event: Event, rule: Rule, number: int, options: CloudEventsOptions) -> None:
        self.event = event
        self.rule = rule
        self.number = number
        self.options = options

    def made(self) -> list[Made]:
        """What the event becomes; a part that cannot be read costs no other. Raises Ignored."""
        parts = (self._statements, self._signals)
        made: list[Made] = []
        why: Ignored | None = None
        for part in parts:
            try:
                made += part()
            except Ignored as ignored:
                why = ignored
            except ValueError as error:
                made.append(Unmapped(f"rule #{self.number} ({self.rule.type}), {error}"))
        if not made and why:
            raise why
        return made

    def holds(self) -> bool:
        """Whether it is about this event, whose type it names. Raises ValueError."""
        found = self._value("when", self.rule.when) if self.rule.when else True
        return found is not None and found is not False and found not in ("", [], {})

    # Statements

    def _statements(self) -> list[Statement]:
        rule = self.rule
        if rule.voids:
            return self._voided(rule.voids)
        if not (rule.verb and rule.behaviour and rule.object):
            return []
        return [
            statement(
                statement_id(CONNECTOR, self._key(self._id())),
                self._person("actor", rule.actor),
                self._word("verb", rule.verb, DEEDS),
                self._activity(),
                behaviour=self._word("behaviour", rule.behaviour, vocabulary.BEHAVIOURS),
                platform=self.options.platform,
                at=self._time(),
                topic=self._maybe("topic", rule.topic),
                tags=self._texts("tags", rule.tags) if rule.tags else (),
                counterpart=self._other(),
                parent=self._parent(),
                result=self._result(),
                written=self._written(),
            )
        ]

    def _voided(self, voids: Expression) -> list[Statement]:
        """What is taken back, whoever does it; it has this event's source."""
        ids = [statement_id(CONNECTOR, self._key(each)) for each in self._texts("voids", voids)]
        if not ids:
            raise ValueError(f"`voids`: `{voids}` gives nothing")
        actor = self._agent("actor", self._text("actor", self.rule.actor))
        return voiding(CONNECTOR, self._key(self._id()), actor, *ids)

    def _activity(self) -> dict[str, Any]:
        rule = self.rule
        kind = self._word("object_type", rule.object_type, vocabulary.ACTIVITY_TYPES)
        plain = self._maybe("object_name", rule.object_name)
        name = self.options.named(self._maybe("title", rule.title), plain)
        return activity(self._address(self._text("object", rule.object)), kind, name)

    def _parent(self) -> dict[str, Any] | None:
        found = self._maybe("parent", self.rule.parent)
        return {"objectType": "Activity", "id": self._address(found)} if found else None

    def _written(self) -> Written | None:
        """What is told of the text, which may be of any length and of several lines."""
        said = self.rule.text
        found = self._value("text", said) if said else None
        if found is not None and not isinstance(found, str):
            raise ValueError(f"`text`: `{said}` gives no text")
        return self.options.written(found) if found else None

    def _result(self) -> dict[str, Any] | None:
        said = self.rule.success
        found = self._value("success", said) if said else None
        if found is True or found is False:
            return {"success": found}
        if found is not None:
            raise ValueError(f"`success`: `{said}` gives neither true nor false")
        return None

    # Signals

    def _signals(self) -> list[Signal]:
        rule = self.rule.signal
        return [self._signal(rule)] if rule else []

    def _signal(self, rule: SignalRule) -> Signal:
        kind = self._word("signal.kind", rule.kind, list(Item))
        at = self._time()
        if not at:
            raise ValueError("`time`: a work signal needs one, and the event has none")
        return signal(
            CONNECTOR,
            lambda event: f"{self.options.site}/{event}",
            self.options.site,
            Item(kind),
            f"{kind}/{self._text('signal.item', rule.item)}",
            Happened(self._word("signal.happened", rule.happened, list(Happened))),
            utc(at),
            place=self._text("signal.place", rule.place),
            link=self._link(rule),
            actor=self._somebody(),
            occurrence=self._key(self._id()),
            detail=self._maybe("signal.detail", rule.detail),
            revision=self._maybe("signal.revision", rule.revision),
        )

    def _link(self, rule: SignalRule) -> str:
        link = self._maybe("signal.link", rule.link) or self._maybe("object", self.rule.object)
        return self._address(link) if link else self.options.site

    def _somebody(self) -> str:
        """Who did it; "" where that is no person, or nobody is named."""
        name = self._maybe("actor", self.rule.actor)
        return canonical(self._agent("actor", name)) if name and self._is_person(name) else ""

    # Who

    def _person(self, field: str, expression: Expression | None) -> dict[str, Any]:
        name = self._text(field, expression)
        if not self._is_person(name):
            raise Ignored(people.BOT)
        return self._agent(field, name)

    def _other(self) -> dict[str, Any] | None:
        name = self._maybe("counterpart", self.rule.counterpart)
        return self._agent("counterpart", name) if name and self._is_person(name) else None

    def _is_person(self, name: str) -> bool:
        return name not in self.options.bots and people.is_person(name.partition("@")[0])

    def _agent(self, field: str, name: str) -> dict[str, Any]:
        if self.options.accounts != MAIL:
            return agent(self.options.accounts or self.options.site, name)
        address = name.removeprefix("mailto:").lower()
        if not _MAIL.fullmatch(address):
            raise ValueError(f"`{field}` gives no mail address")
        return {"objectType": "Agent", "mbox": f"mailto:{address}"}

    # What an event says

    def _id(self) -> str:
        return self._text("id", self.rule.id) if self.rule.id else str(self.event["id"])

    def _key(self, event_id: str) -> str:
        """What tells an act apart from all others: CloudEvents' source and id, under the site."""
        named = orjson.dumps([self.event["source"], event_id]).decode()
        return f"{self.options.site}/{named}"

    def _time(self) -> str | None:
        written = self.event.get("time")
        found = self._text("time", self.rule.time) if self.rule.time else written
        try:
            return utc(found.upper()) if found else None
        except ValueError as error:
            said = self.rule.time or "time"
            raise ValueError(f"`time`: `{said}` gives no date and time") from error

    def _address(self, found: str) -> str:
        """A whole address, or one under the tool's."""
        if _WHOLE.match(found):
            return found
        return f"{self.options.site}/{quote(found.lstrip('/'), safe='/?#&=:@+,;~!$()*%')}"

    def _word(self, field: str, expression: Expression | None, words: Collection[str]) -> str:
        found = self._text(field, expression)
        if found not in words:
            said = unknown(found if _WORD.fullmatch(found) else "a text", words)
            raise ValueError(f"`{field}`: `{expression}`: {said}")
        return found

    def _maybe(self, field: str, expression: Expression | None) -> str:
        """A text; "" where none is asked for, or the event has none."""
        found = self._value(field, expression) if expression else None
        return "" if found in (None, "") else self._as_text(field, expression, found)

    def _text(self, field: str, expression: Expression | None) -> str:
        found = self._value(field, expression) if expression else None
        if found in (None, ""):
            raise ValueError(f"`{field}`: `{expression}` gives nothing")
        return self._as_text(field, expression, found)

    def _texts(self, field: str, expression: Expression) -> list[str]:
        found = self._value(field, expression)
        every = found if isinstance(found, list) else [] if found in (None, "") else [found]
        if len(every) > MOST:
            raise ValueError(f"`{field}`: `{expression}` gives more than {MOST}")
        return [self._as_text(field, expression, each) for each in every]

    def _as_text(self, field: str, expression: Expression | None, found: Any) -> str:
        """A text or a whole number as text."""
        kind = "nothing" if found is None else _KINDS.get(type(found), "")
        text = str(found).strip()
        if kind or not text:
            raise ValueError(f"`{field}`: `{expression}` gives {kind or 'a blank'}, not a text")
        unseen = not text.isprintable() and any(
            unicodedata.category(each) in _UNSEEN for each in text
        )
        if len(text) > LONGEST or unseen:
            raise ValueError(
                f"`{field}`: `{expression}` gives no name: it has more than {LONGEST} signs, or "
                "some of control"
            )
        return text

    def _value(self, field: str, expression: Expression) -> Any:
        try:
            return expression.of(self.event)
        except ValueError as error:
            raise ValueError(f"`{field}`: `{expression}` cannot be evaluated: {error}") from error


def reading(event: Mapping[str, Any], options: CloudEventsOptions) -> Reading | None:
    """The event by the first rule that is about it; None where none is of its type.

    Raises Ignored where those of its type do not want it, ValueError where one cannot tell.
    """
    fitting = [
        Reading(event, rule, number, options)
        for number, rule in enumerate(options.rules, 1)
        if rule.fits(event["type"])
    ]
    for each in fitting:
        try:
            if each.holds():
                return each
        except ValueError as error:
            raise ValueError(f"rule #{each.number} ({each.rule.type}), {error}") from error
    if fitting:
        raise Ignored("left out by the connection: no `when` of a rule of this type holds")
    return None
