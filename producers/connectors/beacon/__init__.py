"""The beacon: what people search, read, keep, look up and explore, told by pages themselves.

https://developer.mozilla.org/docs/Web/API/Fetch_API

A page of a portal, or its search page, loads a script and says by attributes what an act on it is;
docs/connecting.md has them. A kind is the act in a word; the page makes an id for each, once. An
actor is the account that the portal's server signed. Of a search its length is told and whether
there were results; of pages outside the host; texts and paths only where the connection lets them.
What counts as what, and why: docs/decisions/beacon.md.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from producers import people
from producers.connector import Connector, Event, Ignored, Made, Statement, Webhook, ignored_kinds
from producers.connectors.beacon import acts
from producers.connectors.beacon.acts import Act
from producers.connectors.beacon.door import beacon
from producers.connectors.beacon.options import MAIL, BeaconOptions
from producers.signatures import HexHmacSha256
from producers.statements import activity, agent, statement, voiding
from xapi.ids import statement_id
from xapi.vocabulary import QUERY_LENGTH

OWN = "one's own profile: nobody is located"
INSIDE = "a page inside: that it is read, `viewed` tells"
OUTSIDE = "a page outside: `explored` tells of it"


def kind_of(_: Mapping[str, str], event: Event) -> str:
    """The act in a word."""
    return str(event.get("kind") or "")


connector = Connector(
    name="beacon",
    title="Beacon",
    docs="https://developer.mozilla.org/docs/Web/API/Fetch_API",
    webhook=Webhook(
        signature=HexHmacSha256("X-Headwater-Signature", "sha256="),
        kind_of=kind_of,
        whole=acts.whole,
    ),
    beacon=beacon,
    options=BeaconOptions,
    ignored=ignored_kinds(__name__),
)


@connector.maps("searched")
def searched(event: Event, options: BeaconOptions) -> Sequence[Made]:
    """Somebody searches; told are the length of the text, and whether there were results."""
    act = acts.read(event)
    text = act.text.strip() if options.texts else ""
    place = f"{options.site}/search" + (f"?q={quote(text, safe='')}" if text else "")
    result: dict[str, Any] = {} if act.found is None else {"success": act.found}
    if act.length is not None:
        result["extensions"] = {QUERY_LENGTH: act.length}
    query = activity(place, "search-query", text)
    return [_statement(act, options, "searched", query, "search", result=result)]


@connector.maps("viewed")
def viewed(event: Event, options: BeaconOptions) -> Sequence[Made]:
    """Somebody reads a page inside: it was in sight for some seconds."""
    act = acts.read(event)
    if not options.is_inside(_page(act)):
        raise Ignored(OUTSIDE)
    return [_statement(act, options, "viewed", activity(act.page, "page"), "read")]


@connector.maps("bookmarked")
def bookmarked(event: Event, options: BeaconOptions) -> Sequence[Made]:
    """Somebody keeps a page, inside or outside, to find it again."""
    act = acts.read(event)
    page = activity(_page(act), "page" if options.is_inside(act.page) else "link")
    return [_statement(act, options, "bookmarked", page, "bookmark")]


@connector.maps("unbookmarked")
def unbookmarked(event: Event, options: BeaconOptions) -> Sequence[Made]:
    """Somebody takes a bookmark back, by the id that it was given: it is voided."""
    act = acts.read(event)
    if not act.of:
        raise ValueError("`of` is missing: the id of the bookmark that is taken back")
    kept = statement_id("beacon", _key(act, options, act.of))
    return list(voiding("beacon", _key(act, options, act.of), _actor(act, options), kept))


@connector.maps("located")
def located(event: Event, options: BeaconOptions) -> Sequence[Made]:
    """Somebody looks up a colleague's profile, who is told where the page says whose it is."""
    act = acts.read(event)
    if act.whom == act.account:
        raise Ignored(OWN)
    whom = _account(act.whom, options) if act.whom and _is_person(act.whom, options) else None
    profile = activity(_page(act), "page")
    return [_statement(act, options, "viewed", profile, "locate", counterpart=whom)]


@connector.maps("explored")
def explored(event: Event, options: BeaconOptions) -> Sequence[Made]:
    """Somebody goes to a page outside, or notes one; by default only its host is told."""
    act = acts.read(event)
    if options.is_inside(_page(act)):
        raise Ignored(INSIDE)
    act = act.model_copy(update={"topic": act.topic or urlsplit(act.page).netloc})
    return [_statement(act, options, "viewed", activity(act.page, "link"), "explore")]


@connector.maps("answer")
def answered(event: Event, options: BeaconOptions) -> Sequence[Made]:
    """Somebody says whether a page had the answer; that it had not is kept, and no learning."""
    act = acts.read(event)
    if act.found is None:
        raise ValueError("`found` is missing: whether the page had the answer")
    verb, behaviour = ("voted-up", "curate") if act.found else ("voted-down", "")
    page = activity(_page(act), "page")
    return [_statement(act, options, verb, page, behaviour, result={"success": act.found})]


def _statement(
    act: Act,
    options: BeaconOptions,
    verb: str,
    target: Mapping[str, Any],
    behaviour: str,
    *,
    counterpart: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] | None = None,
) -> Statement:
    return statement(
        statement_id("beacon", _key(act, options, act.id)),
        _actor(act, options),
        verb,
        target,
        behaviour=behaviour,
        platform=options.platform,
        at=datetime.fromtimestamp(act.at / 1000, UTC).isoformat(),
        topic=act.topic,
        counterpart=counterpart,
        result=result,
    )


def _key(act: Act, options: BeaconOptions, act_id: str) -> str:
    """What tells an act apart; under its account, so that nobody takes another's back."""
    return f"{options.site}/{orjson.dumps([act.account, act_id]).decode()}"


def _page(act: Act) -> str:
    if not act.page:
        raise ValueError("`page` is missing: its address")
    return act.page


def _actor(act: Act, options: BeaconOptions) -> dict[str, Any]:
    if not _is_person(act.account, options):
        raise Ignored(people.BOT)
    return _account(act.account, options)


def _is_person(name: str, options: BeaconOptions) -> bool:
    return name not in options.bots and people.is_person(name.partition("@")[0])


def _account(name: str, options: BeaconOptions) -> dict[str, Any]:
    if options.accounts != MAIL:
        return agent(options.accounts or options.site, name)
    address = name.removeprefix("mailto:").lower()
    before, at, host = address.partition("@")
    if not (before and at and "." in host) or " " in address:
        raise ValueError("the account is no mail address")
    return {"objectType": "Agent", "mbox": f"mailto:{address}"}
