"""Tickets: who asks, who answers, whom, and their life as work signals.

An event is made by the poller of a ticket's audits, with the ticket as it was at that time: its
requester, its assignee, its group.
"""

from collections.abc import Sequence

from producers import people, utterances
from producers.connector import Event, Ignored, Made
from producers.connectors.zendesk.options import ZendeskOptions
from producers.connectors.zendesk.source import CUSTOMER, DONE, MACHINES, Source
from xapi.signals import Happened

NOTHING = "a command to a program, or a mere nod: no exchange between people"
MERGED = "written by Zendesk, since two tickets were merged"


def opened(event: Event, options: ZendeskOptions) -> Sequence[Made]:
    """A ticket is opened; a colleague who does it for themselves asks."""
    source, ticket, audit = Source(options), event["ticket"], event["audit"]
    by, at = event["by"], audit["created_at"]
    made: list[Made] = [source.signal(ticket, Happened.OPENED, at, by=by)]
    own = by["id"] == ticket["requester"]["id"]
    if own and source.is_ours(by) and audit["via"]["channel"] not in MACHINES:
        made.append(
            source.statement(
                f"ticket:{ticket['id']}:opened",
                source.person(by),
                "asked",
                source.ticket(ticket),
                "ask",
                at,
                topic=source.queue(ticket),
            )
        )
    return made


def commented(event: Event, options: ZendeskOptions) -> Sequence[Made]:
    """Somebody answers a customer, helps a colleague, or works on a ticket with others."""
    source, ticket, comment = Source(options), event["ticket"], event["comment"]
    made: list[Made] = []
    if event["first"]:
        at = event["audit"]["created_at"]
        made.append(source.signal(ticket, Happened.ANSWERED, at, by=event["by"]))
    try:
        made += _said(source, event)
    except Ignored:
        if not made:
            raise
    if event["changed"]:
        other = "internal" if comment["public"] else "public"
        made += source.voiding(f"comment:{comment['id']}:{other}")
    return made


def _said(source: Source, event: Event) -> list[Made]:
    ticket, comment, audit = event["ticket"], event["comment"], event["audit"]
    if audit["via"]["channel"] in MACHINES:
        raise Ignored(people.BOT)
    if ((audit["via"].get("source") or {}).get("rel") or "") == "merge":
        raise Ignored(MERGED)
    if not utterances.is_exchange(comment.get("plain_body") or comment.get("body")):
        raise Ignored(NOTHING)
    actor = source.person(event["by"])
    requester, assignee = ticket["requester"], ticket["assignee"]
    if comment["public"]:
        key, verb, counterpart = "public", "replied", source.other(requester, actor)
        helps = "help" if source.is_ours(requester) else "connect"
        if requester["role"] != CUSTOMER and not source.is_ours(requester):
            helps = "collaborate"  # nobody, or a machine, asked
    else:
        key, verb, counterpart = "internal", "commented", source.other(assignee, actor)
        helps = "help"
    return [
        source.statement(
            f"comment:{comment['id']}:{key}",
            actor,
            verb,
            source.ticket(ticket),
            helps if counterpart else "collaborate",
            audit["created_at"],
            topic=source.queue(ticket),
            counterpart=counterpart,
            written=source.options.written(comment.get("plain_body") or comment.get("body")),
        )
    ]


def moved(event: Event, options: ZendeskOptions) -> Sequence[Made]:
    """A ticket is solved, or taken up again; it counts as no learning."""
    source, ticket, change = Source(options), event["ticket"], event["change"]
    was, now = change["from"] in DONE, change["to"] in DONE
    if was == now:
        raise Ignored("the ticket is as open, or as done, as before")
    happened = Happened.CLOSED if now else Happened.REOPENED
    return [
        source.signal(
            ticket,
            happened,
            event["audit"]["created_at"],
            by=event["by"],
            occurrence=change["id"],
            detail=change["to"],
        )
    ]


def rated(event: Event, options: ZendeskOptions) -> Sequence[Made]:
    """A requester says whether they are satisfied: `good` or `bad`, and no more is kept."""
    source, change = Source(options), event["change"]
    score = str(change["to"] or "")
    detail = next((each for each in ("good", "bad") if score.startswith(each)), "")
    if not detail:
        raise Ignored("the requester is asked whether they are satisfied, and has not said it")
    at = event["audit"]["created_at"]
    return [
        source.signal(
            event["ticket"], Happened.REVIEWED, at, occurrence=change["id"], detail=detail
        )
    ]
