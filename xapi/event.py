"""The learning event: what a statement means for learning. It is spelled here and nowhere else.

The stream writes it as a line of JSON on `learning.events`; the warehouse reads that line by
`json_type()` and keeps it in `learning.fact_rows`, whose columns are these. A further column is a
field here and a migration, which adds it to the tables and to the views that fill them;
`tests/xapi/test_event.py` holds the two together.
"""

from typing import get_type_hints

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One statement, classified. `account` and `counterpart` are pseudonyms, 0 where there is none.

    `time` is in Unix milliseconds, `duration` in seconds; `success` and `score` (scaled, -1 to 1)
    are of its result, None where that does not say it. `parent` is the activity of which the object
    is a part; `reference` is what was answered, by its IRI, or as `urn:uuid:` where that is a
    statement; `language` is that of what the account wrote. `position` is the statement's place in
    the log, in decimal digits (`bus.records.Position`).
    """

    id: str
    time: int
    account: int
    counterpart: int = 0
    tool: str
    behaviour: str
    scaffold: str
    know: str
    verb: str
    object: str = ""
    object_type: str = ""
    topic: str = ""
    duration: float = 0.0
    success: bool | None = None
    score: float | None = None
    parent: str = ""
    reference: str = ""
    registration: str = ""
    language: str = ""
    source: str
    position: str


#: In the order in which they are written.
FIELDS: tuple[str, ...] = Event.__struct_fields__

#: How ClickHouse reads what is not a text or a number with a fraction.
_READ = {"time": "Int64", "account": "UInt64", "counterpart": "UInt64"}
_TYPES = {
    str: "String",
    float: "Float64",
    bool | None: "Nullable(Bool)",
    float | None: "Nullable(Float64)",
}
_ENCODER = msgspec.json.Encoder()


def encoded(event: Event) -> bytes:
    """The event as a line of JSON."""
    return _ENCODER.encode(event)


def json_type() -> str:
    """The type by which ClickHouse's JSONExtract reads such a line."""
    hints = get_type_hints(Event)
    read = (f"{name} {_READ.get(name) or _TYPES[hints[name]]}" for name in FIELDS)
    return f"Tuple({', '.join(read)})"
