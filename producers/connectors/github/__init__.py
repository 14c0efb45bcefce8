"""GitHub: questions, answers, reviews, what is written down and kept; by webhook and asked for.

https://docs.github.com/en/webhooks/webhook-events-and-payloads

An actor is the account {host, login}: a directory can be written by hand with logins; ids of
statements follow from GitHub's own ids, and from the host where that is not github.com. Titles and
bodies stay at GitHub unless the connection `keeps` them: an object is named by repository and
number only. What an event undoes is
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
    form_field,
    ignored_kinds,
    one_event,
)
from producers.connectors.github import issues, knowledge, mentions, threads, work
from producers.connectors.github.options import GitHubOptions
from producers.connectors.github.poll import poll
from producers.connectors.github.source import (
    HOME,
    Source,
    discussion_kind,
    is_question,
    issue_kind,
)
from producers.signatures import Delivery, hex_hmac_sha256
from producers.statements import ACCEPTED, activity, utc
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
    told_as={"discussion.transferred": "discussion.created", **mentions.TOLD_AS},
)
for _module in (issues, work, knowledge, mentions, threads):
    for _kind, _mapper in _module.MAPPERS.items():
        connector.maps(_kind)(_mapper)


def _reply(
    source: Source,
    name: str,
    verb: str,
    kind: str,
    parent: Mapping[str, Any],
    *,
    helps: bool,
    tags: Mapping[str, Any] | None = None,
) -> Statement:
    """Somebody says something under what is a colleague's, or their own."""
    comment = source.event["comment"]
    actor = source.person(comment["user"])
    if not is_exchange(comment.get("body")):
        raise Ignored("a command to a program, or a mere nod: no exchange between people")
    counterpart = source.other(parent["user"], actor)
    return source.statement(
        f"{name}:{comment['id']}",
        actor,
        verb,
        source.activity(kind, parent),
        source.towards(counterpart, "help" if counterpart and helps else "collaborate"),
        comment["created_at"],
        tags=tags,
        counterpart=counterpart,
        written=source.options.written(comment.get("body")),
    )


@connector.maps("issue_comment.created")
def commented(event: Event, options: Options) -> list[Statement]:
    """Somebody answers in an issue or pull request; on one's own it is working on a task."""
    issue, source = event["issue"], Source(event, options)
    kind = issue_kind(issue)
    return [
        _reply(
            source,
            "issue_comment",
            "commented",
            kind,
            issue,
            helps=True,
            tags=issue,
        ),
        *mentions.called(source),
    ]


@connector.maps("pull_request_review_comment.created")
def coached(event: Event, options: Options) -> list[Statement]:
    """Somebody comments on a line of a change; within a review it is that review."""
    change, source = event["pull_request"], Source(event, options)
    called = mentions.called(source)
    if event["comment"].get("pull_request_review_id"):
        if called:
            return called
        raise Ignored("a part of its review, which counts once")
    return [
        _reply(
            source,
            "review_comment",
            "commented",
            "pull-request",
            change,
            helps=True,
        ),
        *called,
    ]


@connector.maps("discussion_comment.created")
def replied(event: Event, options: Options) -> list[Statement]:
    """Somebody replies in a discussion: that helps where it was asked for."""
    found, source = event["discussion"], Source(event, options)
    kind, helps = discussion_kind(found), is_question(found)
    return [
        _reply(
            source,
            "discussion_comment",
            "replied",
            kind,
            found,
            helps=helps,
            tags=found,
        ),
        *mentions.called(source),
    ]


@connector.maps("issue_comment.deleted")
@connector.maps("discussion_comment.deleted")
@connector.maps("pull_request_review_comment.deleted")
def deleted_comment(event: Event, options: Options) -> list[Statement]:
    """A comment is gone, whoever deletes it."""
    text = mentions.text_of(event)
    return Source(event, options).voiding(f"{text.key}:deleted", text.key, *mentions.keys(text))


@connector.maps("commit_comment.created")
def annotated(event: Event, options: Options) -> list[Statement]:
    """Somebody comments on a commit; GitHub does not say whose it is."""
    comment, source = event["comment"], Source(event, options)
    actor = source.person(comment["user"])
    address = f"{source.repository['html_url']}/commit/{comment['commit_id']}"
    name, at = f"commit_comment:{comment['id']}", comment["created_at"]
    target = activity(address, "code-commit")
    written = source.options.written(comment.get("body"))
    return [
        source.statement(name, actor, "commented", target, "collaborate", at, written=written),
        *mentions.called(source),
    ]


@connector.maps("pull_request_review.submitted")
def reviewed(event: Event, options: Options) -> list[Made]:
    """Somebody reviews a colleague's change, or answers in the review of their own."""
    review, change, source = event["review"], event["pull_request"], Source(event, options)
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
            source.towards(counterpart, "reinforce" if counterpart else "collaborate"),
            at,
            counterpart=counterpart,
            written=source.options.written(review.get("body")),
        )
    ]
    if not own:
        said = {"by": review["user"], "occurrence": str(review["id"]), "detail": review["state"]}
        made.append(work.change(source, change, Happened.REVIEWED, at=utc(at), **said))
    return [*made, *mentions.called(source)]


def _discussed(source: Source, discussion: Mapping[str, Any]) -> Statement:
    question = is_question(discussion)
    return source.statement(
        f"discussion:{discussion['id']}",
        source.person(discussion["user"]),
        "asked" if question else "posted",
        source.activity(discussion_kind(discussion), discussion),
        "ask" if question else "record",
        discussion["created_at"],
        tags=discussion,
        written=source.options.written(discussion.get("body"), discussion.get("title")),
    )


@connector.maps("discussion.created")
def discussed(event: Event, options: Options) -> list[Statement]:
    """Somebody asks colleagues, or writes something down for them."""
    source = Source(event, options)
    return [_discussed(source, event["discussion"]), *mentions.called(source)]


@connector.maps("discussion.transferred")
def moved(event: Event, options: Options) -> list[Statement]:
    """A discussion goes on elsewhere: it counts once, where it is now."""
    before, now = event["discussion"], event["changes"]["new_discussion"]
    there = Source(event, options, event["changes"]["new_repository"])
    text, new = (mentions.text_of({"discussion": each}) for each in (before, now))
    undone = Source(event, options).voiding(f"{text.key}:moved", text.key, *mentions.keys(text))
    return [_discussed(there, now), *mentions.called(there, new), *undone]


@connector.maps("discussion.answered")
def answered(event: Event, options: Options) -> list[Statement]:
    """An answer is chosen: it counts for who wrote it, unless that account is gone."""
    discussion, answer, source = event["discussion"], event["answer"], Source(event, options)
    actor = source.person(answer["user"])
    counterpart = source.other(discussion["user"], actor)
    return [
        source.statement(
            f"discussion:{discussion['id']}:answer:{answer['id']}",
            actor,
            "answered",
            source.activity("question", discussion),
            source.towards(counterpart, "help" if counterpart else "record"),
            discussion["answer_chosen_at"],
            tags=discussion,
            counterpart=counterpart,
            result=ACCEPTED,
            written=source.options.written(answer.get("body")),
        )
    ]


@connector.maps("discussion.unanswered")
def unanswered(event: Event, options: Options) -> list[Statement]:
    """A chosen answer is taken back."""
    name = f"discussion:{event['discussion']['id']}:answer:{event['old_answer']['id']}"
    return Source(event, options).voiding(f"{name}:unanswered", name)


@connector.maps("discussion.deleted")
def deleted_discussion(event: Event, options: Options) -> list[Statement]:
    """A discussion is gone."""
    text = mentions.text_of(event)
    return Source(event, options).voiding(f"{text.key}:deleted", text.key, *mentions.keys(text))
