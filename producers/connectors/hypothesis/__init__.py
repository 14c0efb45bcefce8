"""Hypothesis: what people note on web pages in their groups, ask there and reply.

https://h.readthedocs.io/en/latest/api/

Groups are read that the connection names; what is private to its writer never is. Of a text is told
whether it is there and whether it asks; the text goes no further unless it is kept, its quote and
its tags never. A note on a page from outside is exploring, one on the organisation's own pages
(`inside`) curates them for others; a highlight without a word is a bookmark. An annotation is one
act: what its id holds it was taken for, so that an edit which makes something else of it voids what
it was.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from pydantic import Field

from producers import utterances
from producers.connector import Accounts, Connector, Event, Made, WithTexts, ignored_kinds
from producers.connectors.hypothesis.poll import poll
from producers.statements import activity, agent, hosted, statement, voiding
from xapi.ids import statement_id

HOME = "https://hypothes.is"
#: What an annotation that replies to none may be taken for.
FIRST = ("asked", "noted", "highlighted")
#: What one that replies may be taken for.
REPLY = ("answered", "replied")
_VERBS = {"asked": "asked", "noted": "annotated", "highlighted": "bookmarked"}


class HypothesisOptions(WithTexts):
    """What `[connection.options]` may say of a Hypothesis connection."""

    #: The service; an own server has another.
    site: str = HOME
    #: Group id, as in its address → the topic under which it is shown. Other groups are not read.
    groups: dict[str, str] = Field(default_factory=dict)
    #: Hosts of the organisation's own pages.
    inside: frozenset[str] = frozenset()


connector = Connector(
    name="hypothesis",
    title="Hypothesis",
    docs="https://h.readthedocs.io/en/latest/api/",
    account=Accounts(HOME),
    poll=poll,
    options=HypothesisOptions,
    ignored=ignored_kinds(__name__),
)


@connector.maps("annotation")
def noted(event: Event, options: HypothesisOptions) -> Sequence[Made]:
    """Somebody notes something on a page, asks there, or highlights it."""
    note = event["annotation"]
    what = _what(note)
    page = _page(note, options)
    inside = (urlsplit(page["id"]).hostname or "") in options.inside
    behaviour = {"asked": "ask", "highlighted": "bookmark"}.get(
        what, "curate" if inside else "explore"
    )
    actor = _person(note["user"])
    made: list[Made] = [
        statement(
            _identify(note, options, what),
            actor,
            _VERBS[what],
            _annotation(note["id"], options, "question") if what == "asked" else page,
            behaviour=behaviour,
            platform="Hypothesis",
            at=note["created"],
            topic=options.groups.get(note["group"], ""),
            written=options.written(note.get("text")),
        )
    ]
    return made + _edited(note, options, actor, what, FIRST)


@connector.maps("annotation.reply")
def replied(event: Event, options: HypothesisOptions) -> Sequence[Made]:
    """Somebody replies: to a colleague's question that is help, else working together."""
    note, answered = event["annotation"], event["parent"]
    actor = _person(note["user"])
    counterpart = _person(answered["user"]) if answered else None
    # Of an annotation that is gone nobody says whose it was, or what.
    asked = bool(answered) and utterances.asks(str(answered.get("text") or ""))
    what = "answered" if asked and counterpart != actor else "replied"
    made: list[Made] = [
        statement(
            _identify(note, options, what),
            actor,
            what,
            _annotation(note["references"][-1], options, "question" if asked else "comment"),
            behaviour="help" if what == "answered" else "collaborate",
            platform="Hypothesis",
            at=note["created"],
            topic=options.groups.get(note["group"], ""),
            counterpart=counterpart,
            written=options.written(note.get("text")),
        )
    ]
    return made + _edited(note, options, actor, what, REPLY)


def _edited(
    note: Mapping[str, Any],
    options: HypothesisOptions,
    actor: dict[str, Any],
    what: str,
    kinds: Sequence[str],
) -> list[Made]:
    """Voids what an annotation was that has been edited since."""
    if note["updated"] == note["created"]:
        return []
    others = [_identify(note, options, other) for other in kinds if other != what]
    return [*voiding("hypothesis", _key(note, options, what), actor, *others)]


def _what(note: Mapping[str, Any]) -> str:
    text = str(note.get("text") or "").strip()
    if not text:
        return "highlighted"
    return "asked" if utterances.asks(text) else "noted"


def _key(note: Mapping[str, Any], options: HypothesisOptions, what: str) -> str:
    return hosted(HOME, options.site, f"annotation:{note['id']}:{what}")


def _identify(note: Mapping[str, Any], options: HypothesisOptions, what: str) -> UUID:
    return statement_id("hypothesis", _key(note, options, what))


def _person(user: str) -> dict[str, Any]:
    """`acct:ida@hypothes.is` as an Agent."""
    name, _, authority = user.removeprefix("acct:").rpartition("@")
    return agent(f"https://{authority.lower()}", name.lower())


def _annotation(identifier: str, options: HypothesisOptions, kind: str) -> dict[str, Any]:
    return activity(f"{options.site.rstrip('/')}/a/{identifier}", kind)


def _page(note: Mapping[str, Any], options: HypothesisOptions) -> dict[str, Any]:
    """The page; of a file on somebody's own machine the annotation alone."""
    parts = urlsplit(note["uri"])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return _annotation(note["id"], options, "doc")
    host = parts.netloc.rpartition("@")[2].lower()
    address = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    titles = (note.get("document") or {}).get("title") or [""]
    return activity(address, "link", options.named(titles[0]))
