"""Another LRS: the statements that it holds, as they are.

https://github.com/adlnet/xAPI-Spec/blob/master/xAPI-Communication.md

A statement keeps its id, its timestamp and all that it says. What our own LRS sets by itself, its
authority and when it was stored, moves into an extension (`origin`), hop by hop, so that what has
come from here is known again. Of attachments whose files only the other LRS has the description is
kept beside it. A statement that breaks a rule is refused by itself, and kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from producers.connector import Connector, Event, Ignored, Made, Statement, Unmapped
from producers.connectors.lrs.options import LrsOptions
from producers.connectors.lrs.poll import poll
from xapi.vocabulary import LEFT_BEHIND, ORIGIN

WITH_FILES = (
    "its files are only at the other LRS, and this connection does not want it without: "
    "`headwater forward` from there brings both"
)
WITHOUT_ID = (
    "the statement has no id, which every statement of an LRS has (xAPI 1.0.3 Part Two 2.4.1)"
)
FROM_HERE = "it has come from this installation"

connector = Connector(
    name="lrs",
    title="Another LRS",
    docs="https://github.com/adlnet/xAPI-Spec/blob/master/xAPI-Communication.md",
    poll=poll,
    options=LrsOptions,
    carries=True,
)


@connector.maps("statement")
def stated(event: Event, options: LrsOptions) -> Sequence[Made]:
    """A statement goes on as it is, its authority in an extension."""
    hops = _hops(event)
    if any(hop.get("lrs") in options.ours for hop in hops):
        raise Ignored(FROM_HERE)
    if not isinstance(event.get("id"), str):
        return [Unmapped(WITHOUT_ID)]
    left, said = _without_files(event)
    if left and options.attachments:
        return [Unmapped(WITH_FILES)]
    hop = {"lrs": options.endpoint, **_set_by_it(event)}
    noted = {ORIGIN: [*hops, hop], **({LEFT_BEHIND: left} if left else {})}
    return [_noting(said, noted)]


@connector.maps("voided")
def undone(event: Event, options: LrsOptions) -> Sequence[Made]:
    """A statement that was voided there goes on as it is, before what voids it."""
    return stated(event, options)


@connector.maps("voiding")
def voided(event: Event, options: LrsOptions) -> Sequence[Made]:
    """A voiding statement goes on as it is; it undoes what came by the same connection."""
    return stated(event, options)


def _hops(event: Event) -> list[Mapping[str, Any]]:
    """The LRSs that a statement came through, the first one first."""
    context = event.get("context")
    extensions = context.get("extensions") if isinstance(context, dict) else None
    said = extensions.get(ORIGIN) if isinstance(extensions, dict) else None
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _set_by_it(event: Event) -> dict[str, Any]:
    return {name: event[name] for name in ("authority", "stored") if name in event}


def _noting(statement: Mapping[str, Any], noted: Mapping[str, Any]) -> Statement:
    """A statement with extensions of ours, without what an LRS sets by itself.

    Where it has no context that can hold them it breaks a rule, and is refused for that.
    """
    said = {n: value for n, value in statement.items() if n not in ("authority", "stored")}
    context = said.get("context", {})
    extensions = context.get("extensions", {}) if isinstance(context, dict) else None
    if not isinstance(extensions, dict):
        return said
    return {**said, "context": {**context, "extensions": {**extensions, **noted}}}


def _without_files(event: Event) -> tuple[list[Any], dict[str, Any]]:
    """The attachments that have a file at the other LRS alone; and the statement without them."""
    said, left = dict(event), []
    inner = said.get("object")
    if isinstance(inner, dict) and inner.get("objectType") == "SubStatement":
        less, said["object"] = _without_files(inner)
        left += less
    every = said.get("attachments")
    if isinstance(every, list):
        kept = [each for each in every if not _is_left(each)]
        left += [each for each in every if _is_left(each)]
        if len(kept) < len(every):
            said.pop("attachments")
            said |= {"attachments": kept} if kept else {}
    return left, said


def _is_left(attachment: Any) -> bool:
    return isinstance(attachment, dict) and "fileUrl" not in attachment
