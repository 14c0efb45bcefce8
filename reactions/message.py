"""What is said of a case: its statement, and the same in words for whoever is told.

Topics, teams that may be named, and links; never a person, nor what tells one from others.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson

from bus import records
from bus.records import Record
from reactions.rules import WHENS, Case
from xapi import batch, vocabulary
from xapi.batch import Reading, Stamp

#: Who says it: the installation itself.
AGENT = {
    "objectType": "Agent",
    "account": {"homePage": vocabulary.INSTALLATION, "name": "reactions"},
}
_reading = Reading(Stamp(AGENT))


class Message(msgspec.Struct, frozen=True):
    """A case as it was raised, kept and delivered; `said` is the sentence, `lines` are more.

    `sheet` is the saved view that an e-mail carries on one page; `/` stands for This week.
    """

    id: UUID
    rule: str
    when: str
    at: datetime
    said: str
    topic: str = ""
    team: str = ""
    link: str = ""
    lines: tuple[str, ...] = ()
    sheet: str = ""

    def as_data(self) -> dict[str, Any]:
        """As JSON has it, without what is empty, and what is a letter's alone."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in found.items() if value and name != "sheet"}


_decoder = msgspec.json.Decoder(Message)


def of(case: Case) -> Message:
    """What is said of a case."""
    filled: Mapping[str, str] = {
        "amount": f"{case.amount:g}",
        "topic": case.topic,
        "team": case.team,
        "about": f" about {case.topic}" if case.topic else "",
        "of_team": f" of {case.team}" if case.team else "",
        "week": f"{case.week:%-d %B %Y}" if case.week else "",
    }
    said = WHENS[case.when].says.format_map(filled)
    at = case.at.astimezone(UTC)
    return Message(case.id, case.rule, case.when, at, said, case.topic, case.team, case.link)


def encoded(message: Message) -> str:
    """A message as it is kept."""
    return msgspec.json.encode(message).decode()


def decoded(text: str) -> Message:
    """A message that was kept."""
    return _decoder.decode(text)


def statement(message: Message) -> dict[str, Any]:
    """The statement of a message, by the template `raised` of the profile."""
    definition: dict[str, Any] = {"type": vocabulary.CASE_TYPE, "name": {"en": message.said}}
    if message.lines:
        definition["description"] = {"en": "\n".join(message.lines)}
    if message.link:
        definition["moreInfo"] = message.link
    activities = {"category": [{"id": vocabulary.REACTIONS + message.when}]}
    if message.link:
        activities["other"] = [{"id": message.link}]
    extensions = {
        name: value
        for name, value in ((vocabulary.TOPIC, message.topic), (vocabulary.TEAM, message.team))
        if value
    }
    return {
        "id": str(message.id),
        "actor": AGENT,
        "verb": {"id": vocabulary.RAISED, "display": {"en": "raised"}},
        "object": {"id": f"urn:uuid:{message.id}", "definition": definition},
        "context": {
            "platform": "Headwater",
            "contextActivities": activities,
            **({"extensions": extensions} if extensions else {}),
        },
        "timestamp": message.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def record(message: Message) -> Record:
    """The record of `xapi.statements` with a message's statement, held to the rules of xAPI."""
    read = batch.read(orjson.dumps(statement(message)), _reading)
    return records.encode(read.lines, read.ids, f"reactions:{message.rule}", read.actor)
