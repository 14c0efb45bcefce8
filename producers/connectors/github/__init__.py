"""GitHub: questions, answers, comments, reviews and wiki pages, from webhooks and asked for.

https://docs.github.com/en/webhooks/webhook-events-and-payloads

An actor is the account {host, login}: a directory can be written by hand with logins; ids of
statements follow from GitHub's own ids, and from the host where that is not github.com. Titles and
bodies stay at GitHub: an object is named by repository and number only. What an event undoes is
voided; an answer unchosen and chosen again counts until it was first unchosen, since GitHub does
not say which choice it takes back. A review counts once, with all that is said in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from producers.connector import (
    FORM,
    JSON,
    Accounts,
    Connector,
    Event,
    Ignored,
    Made,
    Options,
    Statement,
    Webhook,
    each,
    form_field,
    ignored_kinds,
    one_event,
)
from producers.connectors.github import work
from producers.connectors.github.poll import GitHubOptions, poll
from producers.connectors.github.source import HOME, Source
from producers.signatures import Delivery, hex_hmac_sha256
from producers.statements import ACCEPTED, activity, between, utc
from producers.utterances import is_exchange
from xapi.signals import Happened


def kind_of(headers: Mapping[str, str], event: Event) -> str:
    """The event's name and, where it has one, its action: `issues.opened`."""
    name = headers.get("x-github-event", "")
    action = event.get("action")
    return f"{name}.{action}" if isinstance(action, str) else name


def events_of(delivery: Delivery) -> Sequence[Event]:
    """The event of a delivery, which GitHub sends as JSON or as a form. Raises Unreadable."""
    if delivery.headers.get("content-type", "").startswith(FORM):
        delivery = replace(delivery, body=form_field(delivery.body, "payload"))
    return one_event(delivery)


webhook = Webhook(
    signature=hex_hmac_sha256("X-Hub-Signature-256", "sha256="),
    kind_of=kind_of,
    events=events_of,
    keeps=("x-github-event", "x-github-delivery"),
    content_types=(JSON, FORM),
)
connector = Connector(
    name="github",
    title="GitHub",
    docs="https://docs.github.com/en/webhooks/webhook-events-and-payloads",
    account=Accounts(HOME),
    webhook=webhook,
    poll=poll,
    options=GitHubOptions,
    ignored=ignored_kinds(__name__),
    told_as={"discussion.transferred": "discussion.created"},
)
for _kind, _mapper in work.MAPPERS.items():
    connector.maps(_kind)(_mapper)


def _issue_kind(issue: Mapping[str, Any]) -> str:
    return "pull-request" if issue.get("pull_request") else "issue"


def _question(discussion: Mapping[str, Any]) -> bool:
    return bool((discussion.get("category") or {}).get("is_answerable"))


def _discussion_kind(discussion: Mapping[str, Any]) -> str:
    return "question" if _question(discussion) else "discussion"


@connector.maps("issues.opened")
def asked(event: Event, _: Options) -> list[Statement]:
    """Somebody asks for something to be found out, mended or made; one moved here asked before."""
    issue, source = event["issue"], Source(event)
    name, target = f"issue:{issue['id']}:opened", source.activity("issue", issue)
    actor, at = source.person(issue["user"]), issue["created_at"]
    made = [source.statement(name, actor, "submit", target, "ask", at, tags=issue)]
    moved = (event.get("changes") or {}).get("old_issue")
    return made + (source.voiding(f"{name}:moved", f"issue:{moved['id']}:opened") if moved else [])


@connector.maps("issues.closed")
def closed(event: Event, _: Options) -> list[Statement]:
    """Somebody brings an issue to its end; the result is how long it took, where it was done."""
    issue, source = event["issue"], Source(event)
    actor, at = source.person(event["sender"]), issue["closed_at"]
    # Asked for, an issue that is open again says "reopened".
    done = issue.get("state_reason") in (None, "completed", "reopened")
    return [
        source.statement(
            f"issue:{issue['id']}:closed:{at}",
            actor,
            "close",
            source.activity("issue", issue),
            "collaborate",
            at,
            tags=issue,
            counterpart=source.other(issue["user"], actor),
            duration=between(issue["created_at"], at) if done else None,
        )
    ]


@connector.maps("issues.reopened")
def reopened(event: Event, _: Options) -> list[Statement]:
    """Somebody takes an issue up again."""
    issue, source = event["issue"], Source(event)
    actor, at = source.person(event["sender"]), issue["updated_at"]
    return [
        source.statement(
            f"issue:{issue['id']}:reopened:{at}",
            actor,
            "reopened",
            source.activity("issue", issue),
            "collaborate",
            at,
            tags=issue,
            counterpart=source.other(issue["user"], actor),
        )
    ]


@connector.maps("issues.deleted")
def deleted_issue(event: Event, _: Options) -> list[Statement]:
    """An issue is gone: its opening, and its last closing, are voided."""
    issue = event["issue"]
    undone = [f"issue:{issue['id']}:opened"]
    if issue.get("closed_at"):
        undone.append(f"issue:{issue['id']}:closed:{issue['closed_at']}")
    return Source(event).voiding(f"issue:{issue['id']}:deleted", *undone)


def _reply(
    event: Event,
    name: str,
    verb: str,
    kind: str,
    parent: Mapping[str, Any],
    *,
    helps: bool,
    tags: Mapping[str, Any] | None = None,
) -> Statement:
    """Somebody says something under what is a colleague's, or their own."""
    comment, source = event["comment"], Source(event)
    actor = source.person(comment["user"])
    if not is_exchange(comment.get("body")):
        raise Ignored("a command to a program, or a mere nod: no exchange between people")
    counterpart = source.other(parent["user"], actor)
    return source.statement(
        f"{name}:{comment['id']}",
        actor,
        verb,
        source.activity(kind, parent),
        "help" if counterpart and helps else "collaborate",
        comment["created_at"],
        tags=tags,
        counterpart=counterpart,
    )


@connector.maps("issue_comment.created")
def commented(event: Event, _: Options) -> list[Statement]:
    """Somebody answers in an issue or pull request; on one's own it is working on a task."""
    issue = event["issue"]
    kind = _issue_kind(issue)
    return [_reply(event, "issue_comment", "commented", kind, issue, helps=True, tags=issue)]


@connector.maps("pull_request_review_comment.created")
def coached(event: Event, _: Options) -> list[Statement]:
    """Somebody comments on a line of a change; within a review it is that review."""
    if event["comment"].get("pull_request_review_id"):
        raise Ignored("a part of its review, which counts once")
    change = event["pull_request"]
    return [_reply(event, "review_comment", "commented", "pull-request", change, helps=True)]


@connector.maps("discussion_comment.created")
def replied(event: Event, _: Options) -> list[Statement]:
    """Somebody replies in a discussion: that helps where it was asked for."""
    found = event["discussion"]
    kind, helps = _discussion_kind(found), _question(found)
    return [_reply(event, "discussion_comment", "replied", kind, found, helps=helps, tags=found)]


@connector.maps("issue_comment.deleted")
@connector.maps("discussion_comment.deleted")
@connector.maps("pull_request_review_comment.deleted")
def deleted_comment(event: Event, _: Options) -> list[Statement]:
    """A comment is gone, whoever deletes it."""
    kind = next(
        name
        for parent, name in (
            ("issue", "issue_comment"),
            ("discussion", "discussion_comment"),
            ("pull_request", "review_comment"),
        )
        if parent in event
    )
    name = f"{kind}:{event['comment']['id']}"
    return Source(event).voiding(f"{name}:deleted", name)


@connector.maps("commit_comment.created")
def annotated(event: Event, _: Options) -> list[Statement]:
    """Somebody comments on a commit; GitHub does not say whose it is."""
    comment, source = event["comment"], Source(event)
    actor = source.person(comment["user"])
    address = f"{source.repository['html_url']}/commit/{comment['commit_id']}"
    name, at = f"commit_comment:{comment['id']}", comment["created_at"]
    target = activity(address, "code-commit")
    return [source.statement(name, actor, "commented", target, "collaborate", at)]


@connector.maps("pull_request_review.submitted")
def reviewed(event: Event, _: Options) -> list[Made]:
    """Somebody reviews a colleague's change, or answers in the review of their own."""
    review, change, source = event["review"], event["pull_request"], Source(event)
    actor, at = source.person(review["user"]), review["submitted_at"]
    counterpart = source.other(change["user"], actor)
    own = (change["user"] or {}).get("login", "").lower() == review["user"]["login"].lower()
    verb = "approve" if review["state"] == "approved" else "commented" if own else "reviewed"
    made: list[Made] = [
        source.statement(
            f"review:{review['id']}",
            actor,
            verb,
            source.activity("pull-request", change),
            "reinforce" if counterpart else "collaborate",
            at,
            counterpart=counterpart,
        )
    ]
    if not own:
        said = {"by": review["user"], "occurrence": str(review["id"]), "detail": review["state"]}
        made.append(work.change(source, change, Happened.REVIEWED, at=utc(at), **said))
    return made


def _discussed(source: Source, discussion: Mapping[str, Any]) -> Statement:
    question = _question(discussion)
    return source.statement(
        f"discussion:{discussion['id']}",
        source.person(discussion["user"]),
        "asked" if question else "posted",
        source.activity(_discussion_kind(discussion), discussion),
        "ask" if question else "record",
        discussion["created_at"],
        tags=discussion,
    )


@connector.maps("discussion.created")
def discussed(event: Event, _: Options) -> list[Statement]:
    """Somebody asks colleagues, or writes something down for them."""
    return [_discussed(Source(event), event["discussion"])]


@connector.maps("discussion.transferred")
def moved(event: Event, _: Options) -> list[Statement]:
    """A discussion goes on elsewhere: it counts once, where it is now."""
    name = f"discussion:{event['discussion']['id']}"
    there = Source(event, event["changes"]["new_repository"])
    undone = Source(event).voiding(f"{name}:moved", name)
    return [_discussed(there, event["changes"]["new_discussion"]), *undone]


@connector.maps("discussion.answered")
def answered(event: Event, _: Options) -> list[Statement]:
    """An answer is chosen: it counts for who wrote it, unless that account is gone."""
    discussion, answer, source = event["discussion"], event["answer"], Source(event)
    actor = source.person(answer["user"])
    counterpart = source.other(discussion["user"], actor)
    return [
        source.statement(
            f"discussion:{discussion['id']}:answer:{answer['id']}",
            actor,
            "answered",
            source.activity("question", discussion),
            "help" if counterpart else "record",
            discussion["answer_chosen_at"],
            tags=discussion,
            counterpart=counterpart,
            result=ACCEPTED,
        )
    ]


@connector.maps("discussion.unanswered")
def unanswered(event: Event, _: Options) -> list[Statement]:
    """A chosen answer is taken back."""
    name = f"discussion:{event['discussion']['id']}:answer:{event['old_answer']['id']}"
    return Source(event).voiding(f"{name}:unanswered", name)


@connector.maps("discussion.deleted")
def deleted_discussion(event: Event, _: Options) -> list[Statement]:
    """A discussion is gone."""
    name = f"discussion:{event['discussion']['id']}"
    return Source(event).voiding(f"{name}:deleted", name)


@connector.maps("gollum")
def recorded(event: Event, _: Options) -> list[Made]:
    """Somebody writes wiki pages; GitHub gives no time, so the time of arrival counts."""
    source = Source(event)
    actor = source.person(event["sender"])

    def page(said: Mapping[str, Any]) -> Statement:
        name = f"wiki:{source.repository['id']}:{said['page_name']}:{said['sha']}"
        verb = "author" if said["action"] == "created" else "edited"
        return source.statement(
            name, actor, verb, activity(said["html_url"], "page"), "record", None
        )

    return each(event["pages"], page)
