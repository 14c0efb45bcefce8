"""Emoji: thanks to whoever wrote something, and marks by which people keep it."""

import re

from producers.connector import Event, Ignored, Statement
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.source import Source, Thing, looking

_TONE = re.compile(r"_tone\d$")


@looking("emoji")
def awarded(event: Event, options: GitLabOptions) -> list[Statement]:
    """Somebody thanks, or keeps something, by an emoji; others say nothing."""
    source, award = Source(event, options), event["object_attributes"]
    means = _means(award, options)
    on, target = _awarded_on(source)
    source.readable(on, _issue(event))
    actor = source.person(award.get("user_id"))
    read = award["awardable_type"] in ("Issue", "MergeRequest")
    author = source.other(on, actor, read=read)
    if means == "thanks" and author is None:
        raise Ignored("thanks to oneself, to a program, or to nobody who is named")
    verb, behaviour = ("liked", "reinforce") if means == "thanks" else ("bookmarked", "bookmark")
    name, at = f"award:{award['id']}", award["created_at"]
    return [source.statement(name, actor, verb, target, behaviour, at, counterpart=author)]


def revoked(event: Event, options: GitLabOptions) -> list[Statement]:
    """Thanks, or a mark, are taken back."""
    source, award = Source(event, options), event["object_attributes"]
    _means(award, options)
    name = f"award:{award['id']}"
    return source.voiding(f"{name}:revoked", name)


def _means(award: Thing, options: GitLabOptions) -> str:
    emoji = _TONE.sub("", award["name"])
    if emoji in options.thanks:
        return "thanks"
    if emoji in options.bookmarks:
        return "bookmark"
    raise Ignored("an emoji that neither thanks nor keeps, the connection says")


def _awarded_on(source: Source) -> tuple[Thing, Thing]:
    """What the emoji is on, and that as an Activity."""
    event, kind = source.event, source.event["object_attributes"]["awardable_type"]
    if kind == "Note":
        note = event["note"]
        return note, source.thing(f"{_under(source)}#note_{note['id']}", "comment")
    if kind in ("Issue", "WorkItem"):
        issue = _issue(event) or event["issue"]
        return issue, source.issue(issue)
    if kind == "MergeRequest":
        return event["merge_request"], source.change(event["merge_request"])
    if kind == "Snippet":
        snippet = _snippet(event) or event["snippet"]
        return snippet, source.thing(f"snippets/{snippet['id']}", "doc")
    raise Ignored(f"an emoji on something that is not read: {str(kind)[:40]}")


def _issue(event: Event) -> Thing | None:
    """The issue that it is on or under, by any name that GitLab gives it."""
    return event.get("issue") or event.get("work_item")


def _snippet(event: Event) -> Thing | None:
    return event.get("snippet") or event.get("project_snippet")


def _under(source: Source) -> str:
    event = source.event
    if issue := _issue(event):
        return f"issues/{issue['iid']}"
    if change := event.get("merge_request"):
        return f"merge_requests/{change['iid']}"
    if snippet := _snippet(event):
        return f"snippets/{snippet['id']}"
    return f"commit/{event['note']['commit_id']}"


#: Kind → its mapper.
MAPPERS = {"emoji.award": awarded, "emoji.revoke": revoked}
