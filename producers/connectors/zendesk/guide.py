"""The help centre: articles written and edited, community posts and what is said under them."""

from collections.abc import Mapping, Sequence
from typing import Any

from producers import utterances
from producers.connector import Event, Ignored, Made
from producers.connectors.zendesk.options import ZendeskOptions
from producers.connectors.zendesk.source import Source
from producers.connectors.zendesk.tickets import NOTHING
from producers.statements import activity

DRAFT = "a draft: nobody else can read it yet"
UNCHANGED = "as it was written"


def wrote(event: Event, options: ZendeskOptions) -> Sequence[Made]:
    """Somebody writes an article."""
    source, article = Source(options), event["article"]
    if article["draft"]:
        raise Ignored(DRAFT)
    return [_article(source, article, f"article:{article['id']}", event["by"], "author",
                     article["created_at"])]  # fmt: skip


def edited(event: Event, options: ZendeskOptions) -> Sequence[Made]:
    """Somebody edits an article, or its translation; its author's first day is writing it."""
    source, article, text = Source(options), event["article"], event["translation"]
    if text["draft"] or article["draft"]:
        raise Ignored(DRAFT)
    at, by = text["updated_at"], event["by"]
    if at == text["created_at"] or (
        by["id"] == article["author_id"] and at[:10] == article["created_at"][:10]
    ):
        raise Ignored(UNCHANGED)
    key = f"article:{article['id']}:{text['locale']}:{at}"
    return [_article(source, article, key, by, "edited", at)]


def _article(
    source: Source, article: Mapping[str, Any], key: str, by: Mapping[str, Any], verb: str, at: str
) -> dict[str, Any]:
    address = f"{source.options.site}/hc/articles/{article['id']}"
    topic = source.options.sections.get(article.get("section_id") or 0, "")
    target = activity(address, "article", source.options.named(article.get("title")))
    return source.statement(key, source.person(by), verb, target, "record", at, topic=topic)


def posted(event: Event, options: ZendeskOptions) -> Sequence[Made]:
    """Somebody of ours asks in the community, or writes something down there."""
    source, post = Source(options), event["post"]
    asks = utterances.asks(post["title"])
    made = source.statement(
        f"post:{post['id']}:{'asked' if asks else 'posted'}",
        source.person(event["by"]),
        "asked" if asks else "posted",
        _post(source, post),
        "ask" if asks else "record",
        post["created_at"],
        topic=_topic(source, post),
        written=options.written(post.get("details"), post["title"]),
    )
    other = "posted" if asks else "asked"
    changed = post["updated_at"] != post["created_at"]
    return [made, *(source.voiding(f"post:{post['id']}:{other}") if changed else ())]


def answered(event: Event, options: ZendeskOptions) -> Sequence[Made]:
    """Somebody of ours answers under a post: a customer's, a colleague's, or their own."""
    source, post, comment = Source(options), event["post"], event["comment"]
    if not utterances.is_exchange(comment.get("body")):
        raise Ignored(NOTHING)
    actor = source.person(event["by"])
    counterpart = source.other(event["author"], actor)
    behaviour = "help" if source.is_ours(event["author"]) else "connect"
    return [
        source.statement(
            f"post_comment:{comment['id']}",
            actor,
            "replied",
            _post(source, post),
            behaviour if counterpart else "collaborate",
            comment["created_at"],
            topic=_topic(source, post),
            counterpart=counterpart,
            written=options.written(comment.get("body")),
        )
    ]


def _post(source: Source, post: Mapping[str, Any]) -> dict[str, Any]:
    kind = "question" if utterances.asks(post["title"]) else "forum-topic"
    address = f"{source.options.site}/hc/community/posts/{post['id']}"
    return activity(address, kind, source.options.named(post["title"]))


def _topic(source: Source, post: Mapping[str, Any]) -> str:
    return source.options.topics.get(post.get("topic_id") or 0, "")
