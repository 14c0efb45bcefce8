"""Threads of a review: what was said on lines of a change is settled, and taken up again.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request_review_thread

GitHub gives no time of either, and its interface neither: only webhooks tell of them.
"""

from producers.connector import Event, Mapper, Options, Statement
from producers.connectors.github.source import Source


def resolved(event: Event, options: Options) -> list[Statement]:
    """Somebody settles a thread that a colleague began, or on a colleague's change."""
    source, thread, change = Source(event, options), event["thread"], event["pull_request"]
    actor = source.person(event["sender"])
    first = (thread.get("comments") or [{}])[0]
    counterpart = source.other(first.get("user"), actor) or source.other(change["user"], actor)
    return [
        source.statement(
            _thread(event),
            actor,
            "resolve",
            source.activity("pull-request", change),
            source.towards(counterpart, "collaborate"),
            None,
            counterpart=counterpart,
        )
    ]


def unresolved(event: Event, options: Options) -> list[Statement]:
    """A thread is open again: that it was settled is voided, whichever time it was."""
    name = _thread(event)
    return Source(event, options).voiding(f"{name}:unresolved", name)


def _thread(event: Event) -> str:
    return f"thread:{event['thread']['node_id']}:resolved"


#: Kind → its mapper.
MAPPERS: dict[str, Mapper] = {
    "pull_request_review_thread.resolved": resolved,
    "pull_request_review_thread.unresolved": unresolved,
}
