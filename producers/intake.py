"""From a delivery to what is written to Kafka: check, read, decide, map; no IO.

What can be signed by anybody but a tool is refused before it is parsed. A signed delivery that no
mapper knows, or that a mapper cannot read, is kept whole in `xapi.rejected`: the tool sent what it
sends, and a tool that gets errors switches its webhook off. What of it could be read is recorded
all the same; its ids are the event's, so that a replay of the whole changes nothing about that.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from bus.records import NO_VOID
from bus.rejections import HOOK, Kind, rejected
from bus.topics import REJECTED
from producers.connections import Connection
from producers.connector import (
    ANY_TYPE,
    SHAPE_ERRORS,
    Answer,
    Disposition,
    Event,
    Found,
    Ignored,
    IgnoredKind,
    Made,
    Nudge,
    Statement,
    Undecided,
    Unmapped,
    Unsupported,
    Webhook,
    WithTexts,
)
from producers.errors import Unsigned, WrongMethod, WrongType
from producers.languages import language
from producers.signatures import Delivery, Headers, challenge, possible
from xapi import batch
from xapi.batch import VERSIONS
from xapi.errors import XapiError
from xapi.signals import Signal
from xapi.versions import Rules, rules_for
from xapi.vocabulary import KIND, PROFILE

#: Headers that every refused delivery keeps; a connector names its own. Never a signature.
KEPT = ("content-type", "user-agent")
#: A text that has a language.
_FIRST = "The model is read by now."
#: What a delivery of one event came to where nothing of it has to be kept.
TOLD = frozenset({Disposition.MAPPED, Disposition.IGNORED})


@dataclass(frozen=True)
class Message:
    """One Kafka message to be written."""

    topic: str
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class Taken:
    """What became of one event: its kind, and what it made.

    `accepted` are the statements as they were read, where that was done for all of them at once.
    """

    disposition: Disposition
    kind: str
    detail: str = ""
    statements: tuple[Statement, ...] = ()
    signals: tuple[Signal, ...] = ()
    nudges: tuple[Nudge, ...] = ()
    accepted: batch.Batch | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery, and what to write.

    `accepted` are the statements, `signals` and `nudges` what else was mapped; `message` is the
    delivery where something of it was not understood, and `digest` tells its body from others.
    """

    disposition: Disposition
    kind: str
    detail: str = ""
    accepted: batch.Batch | None = None
    signals: tuple[Signal, ...] = ()
    nudges: tuple[Nudge, ...] = ()
    message: Message | None = None
    digest: str = ""

    @property
    def statements(self) -> int:
        """How many statements the delivery made."""
        return len(self.accepted.lines) if self.accepted else 0


class Intake:
    """What one connection does with its events."""

    def __init__(self, connection: Connection, *, real: bool = False) -> None:
        self.connection = connection
        self.connector = connection.connector
        self.source = f"{HOOK}{connection.name}"
        stamp = batch.Stamp(
            {
                "objectType": "Agent",
                "account": {"homePage": f"{PROFILE}/connectors", "name": connection.name},
            }
        )
        if isinstance(connection.options, WithTexts):
            language(_FIRST)  # the model is read before the first delivery, which would wait for it
        self._reading = {rules: batch.Reading(stamp, rules=rules, real=real) for rules in VERSIONS}

    @property
    def record_source(self) -> str:
        """What records of its statements say of where they come from, and what these may void."""
        return f"{self.source}{NO_VOID}" if self.connector.carries else self.source

    @property
    def webhook(self) -> Webhook:
        """How the tool delivers; WrongMethod where it is polled only."""
        if self.connector.webhook is None:
            raise WrongMethod(f"{self.connector.title} is asked, and delivers nothing here")
        return self.connector.webhook

    def arrived(self, delivery: Delivery) -> Delivery:
        """A delivery as it is looked at from here on, by its headers alone."""
        return self.webhook.arrived(delivery)

    def greeted(self, delivery: Delivery) -> Answer | None:
        """The answer to a question that needs no signature; None where it is none.

        Raises WrongMethod where the tool never sends such a request.
        """
        handshake = self.webhook.handshake(self.connection.options)
        if handshake and not handshake.signed and delivery.method in handshake.methods:
            answer = handshake.reply(delivery, self.connection.secret)
            if answer is not None:
                return answer
        if delivery.method != "POST":
            raise WrongMethod("deliveries are POSTed")
        return None

    def check(self, headers: Headers) -> None:
        """Raises Unsigned or WrongType where the headers alone say that a delivery is not taken."""
        if not possible(self.connection.scheme, headers, self.connection.secret):
            raise self._unsigned(headers)
        accepted = self.webhook.content_types
        if headers.get("content-type") in accepted:
            return
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in accepted and ANY_TYPE not in accepted:
            said = f"{media[:80] or 'of no type'}; send {' or '.join(accepted)}"
            raise WrongType(f"the body is {said}")

    def take(self, delivery: Delivery) -> Outcome | Answer:
        """What becomes of a delivery, or the answer to a signed question.

        Raises Unsigned, WrongType or Unreadable where the sender is to be told.
        """
        webhook = self.webhook
        self.check(delivery.headers)
        if not self.connection.scheme.verify(delivery, self.connection.secret):
            raise self._unsigned(delivery.headers)
        handshake = webhook.handshake(self.connection.options)
        if handshake and handshake.signed:
            answer = handshake.reply(delivery, self.connection.secret)
            if answer is not None:
                return answer
        delivery = webhook.whole(delivery, self.connection.options)
        every = [self.map(each.kind, each.event) for each in webhook.found(delivery)]
        return self._outcome(every, delivery)

    def map(self, kind: str, event: Event) -> Taken:
        """What becomes of one event, whether a webhook brought it or a poll found it."""
        decided = self.connector.decide(kind)
        if isinstance(decided, IgnoredKind):
            return Taken(Disposition.IGNORED, kind, decided.reason)
        if isinstance(decided, Unsupported):
            reason = f"no mapper and no decision for {kind or 'an event without a name'}"
            return Taken(Disposition.UNSUPPORTED, kind, reason)
        try:
            made = list(decided.mapper(event, self.connection.options))
        except Undecided as reason:
            return Taken(Disposition.UNSUPPORTED, kind, str(reason))
        except Ignored as reason:
            return Taken(Disposition.IGNORED, kind, str(reason))
        except SHAPE_ERRORS as error:
            why = f"the event does not have the documented shape: {type(error).__name__}: {error}"
            return Taken(Disposition.REJECTED, kind, why)
        return self._sorted(kind, made)

    def polled(self, found: Iterable[Found]) -> tuple[batch.Batch | None, list[Taken]]:
        """The statements of what a poll found, and what became of each event."""
        every = [self.map(each.kind, each.event) for each in found]
        return self._accepted(every), every

    def kept(self, taken: Taken, found: Found) -> bytes:
        """The message of `xapi.rejected` of a polled event that was not understood."""
        body = orjson.dumps(found.event)
        digest = hashlib.sha256(body).hexdigest()
        return self._rejected(taken.disposition, found.kind, taken.detail, body, digest)

    def _sorted(self, kind: str, made: list[Made]) -> Taken:
        """What a mapper made, each statement held to the rules by itself."""
        statements = [self._named(kind, each) for each in made if isinstance(each, dict)]
        wrong = [each.reason for each in made if isinstance(each, Unmapped)]
        sound, accepted = statements, None
        try:
            accepted = self._read(statements) if statements else None
        except XapiError:
            sound, broken = self._apart(statements)
            wrong += broken
        signals = tuple(each for each in made if isinstance(each, Signal))
        nudges = tuple(each for each in made if isinstance(each, Nudge))
        disposition, detail = Disposition.MAPPED, ""
        if wrong:
            disposition, detail = Disposition.REJECTED, "; ".join(dict.fromkeys(wrong))
        elif not made:
            disposition, detail = Disposition.IGNORED, "the event holds nothing to record"
        return Taken(disposition, kind, detail, tuple(sound), signals, nudges, accepted)

    def _named(self, kind: str, statement: Statement) -> Statement:
        """A statement with the kind of its act; one that voids, or is another's, is as it was."""
        context = statement.get("context")
        if context is None or self.connector.carries:
            return statement
        extensions = {**context.get("extensions", {}), KIND: self.connector.told_as.get(kind, kind)}
        return {**statement, "context": {**context, "extensions": extensions}}

    def _read(self, statements: Sequence[Statement]) -> batch.Batch:
        """Statements read by the rules of the version that each has, in their order by version."""
        by_rules: dict[Rules, list[Statement]] = {}
        for each in statements:
            by_rules.setdefault(rules_for(each), []).append(each)
        first, *others = [
            batch.read(orjson.dumps(some), self._reading[rules]) for rules, some in by_rules.items()
        ]
        for other in others:
            given = [len(first.lines) + place for place in other.given]
            first = replace(
                first,
                lines=first.lines + other.lines,
                ids=first.ids + other.ids,
                given=first.given + given,
            )
        return first

    def _apart(self, statements: Sequence[Statement]) -> tuple[list[Statement], list[str]]:
        """Those that keep the rules, each by itself; and what is wrong with the others."""
        sound, wrong = [], []
        who = "the statement" if self.connector.carries else "the connector made a statement that"
        for statement in statements:
            try:
                batch.read(orjson.dumps(statement), self._reading[rules_for(statement)])
                sound.append(statement)
            except XapiError as error:
                wrong.append(f"{who} breaks a rule: {error}")
        return sound, wrong

    def _accepted(self, every: Sequence[Taken]) -> batch.Batch | None:
        """The statements of several events; of two with one id the first."""
        filled = [taken for taken in every if taken.statements]
        if len(filled) == 1 and filled[0].accepted:
            return filled[0].accepted  # one event, as nearly always: it has been read
        statements = [statement for taken in filled for statement in taken.statements]
        first = {statement["id"].lower(): statement for statement in reversed(statements)}
        return self._read(list(reversed(first.values()))) if first else None

    def _outcome(self, every: list[Taken], delivery: Delivery) -> Outcome:
        if len(every) == 1 and every[0].disposition in TOLD:
            (one,) = every  # as nearly always
            nudges = tuple(dict.fromkeys(one.nudges))
            said = (one.disposition, one.kind, one.detail)
            return Outcome(*said, self._accepted(every), one.signals, nudges)
        disposition = _worst(taken.disposition for taken in every)
        told = [taken for taken in every if taken.disposition is disposition]
        kind = ", ".join(dict.fromkeys(taken.kind for taken in told))
        detail = "; ".join(dict.fromkeys(taken.detail for taken in told if taken.detail))
        message, digest = None, ""
        if disposition in (Disposition.UNSUPPORTED, Disposition.REJECTED):
            # By the body, which is signed: were it by a header, one delivery could be kept any
            # number of times by whoever saw it.
            digest = hashlib.sha256(delivery.body).hexdigest()
            names = {*KEPT, *self.webhook.keeps}
            headers = {n: v for n, v in delivery.headers.items() if n in names}
            value = self._rejected(disposition, kind, detail, delivery.body, digest, headers)
            message = Message(REJECTED.name, None, value)
        return Outcome(
            disposition,
            kind,
            detail or ("" if every else "the delivery holds no event"),
            self._accepted(every),
            tuple(s for taken in every for s in taken.signals),
            tuple(dict.fromkeys(n for taken in every for n in taken.nudges)),
            message,
            digest,
        )

    def _rejected(
        self,
        disposition: Disposition,
        kind: str,
        reason: str,
        body: bytes,
        digest: str,
        headers: Headers | None = None,
    ) -> bytes:
        """The message of `xapi.rejected` of what was not understood, known by its body."""
        return rejected(
            f"{self.source}/{digest}",
            source=self.source,
            kind=Kind(disposition.value),
            reason=reason,
            path=kind,
            body=body,
            headers=headers,
        )

    def _unsigned(self, headers: Headers) -> Unsigned:
        error = Unsigned(
            f"the signature or token is missing, too old or does not fit; {self.connector.title} "
            f"and the connection {self.connection.name!r} must have the same secret"
        )
        error.challenge = challenge(self.connection.scheme, headers)
        return error


def _worst(dispositions: Iterable[Disposition]) -> Disposition:
    """What a delivery is told: what nobody understood before what was mapped."""
    found = set(dispositions)
    order = (Disposition.REJECTED, Disposition.UNSUPPORTED, Disposition.MAPPED)
    return next((each for each in order if each in found), Disposition.IGNORED)


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
