"""Jira: who answers and asks under issues, logs work, links pages; issues' life as work signals.

https://developer.atlassian.com/cloud/jira/platform/webhooks/ and, for Data Center,
https://developer.atlassian.com/server/jira/platform/webhooks/

An actor is the account {the site, account id}, at Data Center {the site, username}. Of a comment is
told whether it says something, whether it asks, and whom it mentions; the text itself goes no
further. What counts as what, and why: docs/decisions/jira.md.
"""

from collections.abc import Mapping

from producers.connector import Connector, Event, Webhook, ignored_kinds
from producers.connectors.jira import comments, issues, work
from producers.connectors.jira.options import JiraOptions
from producers.connectors.jira.poll import poll
from producers.signatures import HexHmacSha256


def kind_of(_: Mapping[str, str], event: Event) -> str:
    """What Jira calls the event, without what some begin with: `issue_created`."""
    return str(event.get("webhookEvent") or "").removeprefix("jira:")


connector = Connector(
    name="jira",
    title="Jira",
    docs="https://developer.atlassian.com/cloud/jira/platform/webhooks/",
    webhook=Webhook(
        signature=HexHmacSha256("X-Hub-Signature", "sha256="),
        kind_of=kind_of,
        keeps=("x-atlassian-webhook-identifier",),
    ),
    poll=poll,
    options=JiraOptions,
    nudged=True,
    ignored=ignored_kinds(__name__),
    told_as={
        "comment_updated": "comment_created",
        "worklog_updated": "worklog_created",
        "issue.sorted": "issue_created",
        # Data Center tells so that somebody comments.
        "issue_updated": "comment_created",
    },
)
for _module in (issues, comments, work):
    for _kind, _mapper in _module.MAPPERS.items():
        connector.maps(_kind)(_mapper)
