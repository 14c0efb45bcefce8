"""GitLab: questions, comments, reviews, wiki pages, snippets, from webhooks and asked for.

https://docs.gitlab.com/user/project/integrations/webhook_events/

An actor is the account {host, user number}; ids of statements follow from GitLab's own, and from
the host where that is not gitlab.com. Titles and texts stay at GitLab unless they are kept, and
what is confidential is not read. What counts as what, and why: docs/decisions/gitlab.md.
"""

from collections.abc import Mapping

from producers.connector import Accounts, Connector, Event, Webhook, ignored_kinds
from producers.connectors.gitlab import changes, issues, knowledge, notes, signs, work
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.poll import poll
from producers.connectors.gitlab.source import HOME
from producers.signatures import SIGNED_BY, BySecret, SharedToken, standard_webhooks

#: Things whose actions are their own kinds: `issue.open`.
_ACTED_ON = ("issue", "work_item", "merge_request", "wiki_page", "emoji")


def kind_of(headers: Mapping[str, str], event: Event) -> str:
    """What it is about and what happened: `issue.open`, `note.merge_request`, `pipeline`.

    Of what is confidential no more than that: GitLab says it by the header, newer ones in the body.
    """
    kind = event.get("object_kind") or event.get("event_name") or headers.get("x-gitlab-event")
    said = (headers.get("x-gitlab-event"), event.get("event_type"))
    if any(str(each or "").lower().startswith("confidential") for each in said):
        return f"confidential.{kind}"
    found = event.get("object_attributes")
    attributes = found if isinstance(found, dict) else {}
    action = attributes.get("action") or event.get("action")
    if kind == "note":
        return f"note.{_noted(attributes)}" if action in (None, "create") else f"note.{action}"
    acts = kind in _ACTED_ON or kind in ("release", "milestone")
    return f"{kind}.{action}" if acts and isinstance(action, str) else str(kind or "")


def _noted(attributes: Event) -> str:
    """What a note is on: `MergeRequest` as `merge_request`."""
    name = str(attributes.get("noteable_type") or "")
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")


connector = Connector(
    name="gitlab",
    title="GitLab",
    docs="https://docs.gitlab.com/user/project/integrations/webhook_events/",
    account=Accounts(HOME, called="number", form="[0-9]+", example="818"),
    webhook=Webhook(
        signature=BySecret(
            SIGNED_BY, marked=standard_webhooks, plain=SharedToken("X-Gitlab-Token")
        ),
        kind_of=kind_of,
        keeps=("x-gitlab-event",),
    ),
    poll=poll,
    options=GitLabOptions,
    ignored=ignored_kinds(__name__),
    told_as={
        **{f"work_item.{action}": f"issue.{action}" for action in ("open", "close", "reopen")},
        "merge_request.approval": "merge_request.approved",
    },
)
for _module in (issues, notes, changes, knowledge, signs, work):
    for _kind, _mapper in _module.MAPPERS.items():
        connector.maps(_kind)(_mapper)
