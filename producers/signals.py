"""What mappers build work signals with."""

from collections.abc import Callable

from xapi.signals import Happened, Item, Signal, signal_id


def signal(
    connector: str,
    key: Callable[[str], str],
    host: str,
    kind: Item,
    item: str,
    happened: Happened,
    at: str,
    *,
    place: str,
    link: str,
    actor: str = "",
    occurrence: object = "",
    detail: str = "",
    revision: str = "",
) -> Signal:
    """A signal of a connector. `item` names what it happened to on its host, `occurrence` tells two
    that are alike apart; `key` gives an event's id, with its host where the tool needs that."""
    event = f"{item}:{happened}:{occurrence}" if occurrence else f"{item}:{happened}"
    return Signal(
        id=signal_id(connector, key(event)),
        kind=kind,
        item=f"{host}/{item}",
        happened=happened,
        at=at,
        host=host,
        place=place,
        link=link,
        actor=actor,
        detail=detail,
        revision=revision,
    )
