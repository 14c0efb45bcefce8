"""Deterministic statement ids, so that a redelivered event is the same statement.

The recipe is frozen: UUIDv5 of (connector, the source's own event id, the statement's place in the
event). Never of actor and time: two actions in the same instant would collide.
"""

from uuid import UUID, uuid5

#: Namespace of every id that Headwater makes; it never changes.
NAMESPACE = UUID("6e3f0bb2-3c1a-5f0e-9d52-8d2f3c9b7a41")

_SEPARATOR = "\x1f"


def statement_id(connector: str, event_id: str, place: int | str = 0) -> UUID:
    """The id of one statement of one event of a source.

    `event_id` is the source's own, stable between a webhook and a poll; a thing done, undone and
    done again carries its occurrence there. `place` tells the statements of one event apart.
    """
    return uuid5(NAMESPACE, _SEPARATOR.join((connector, event_id, str(place))))
