"""Jira's webhooks, of a Data Center of one's own.

https://developer.atlassian.com/server/jira/platform/webhooks/
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from headwater.demo import accounts
from headwater.demo.acts import Act
from headwater.demo.event import Event
from headwater.demo.organisation import Person

PROJECTS = ("CARE", "OPS", "WEB")
STATUS = {"name": "Open", "id": "1", "statusCategory": {"id": 2, "key": "new", "name": "To Do"}}
#: Up to which draw an act is a question.
ASKED = 0.4


def delivery(act: Act) -> Event:
    """An issue that asks, or a comment under a colleague's."""
    said = comment(act)
    if said is None:
        return _hook(act, "issue_created", "issue_created", {"issue": issue(act)})
    about = {"issue": issue(act), "comment": said}
    return _hook(act, "issue_updated", "issue_commented", about)


def comment(act: Act) -> dict[str, Any] | None:
    """What is said under the issue; None where the act is to open it."""
    if act.draw < ASKED:
        return None
    return {
        "self": f"{_api()}/issue/{act.number}/comment/{act.number}",
        "id": str(act.number),
        "author": _user(act.who),
        "body": f"The way we do {act.topic} stands in the runbook.",
        "updateAuthor": _user(act.who),
        "created": _time(act.at),
        "updated": _time(act.at),
    }


def _hook(act: Act, kind: str, name: str, about: dict[str, Any]) -> Event:
    body = {
        "timestamp": int(act.at.timestamp() * 1000),
        "webhookEvent": f"jira:{kind}",
        "issue_event_type_name": name,
        "user": _user(act.who),
        **about,
    }
    identifier = str(UUID(int=act.number))
    headers = {"X-Atlassian-Webhook-Identifier": identifier}
    return Event(act.at, kind, body, "jira", headers)


def issue(act: Act) -> dict[str, Any]:
    """The issue that is opened, or under which something is said."""
    asks = act.draw < ASKED
    reporter, at, kind = (act.who, act.at, "Question") if asks else (act.other, act.before, "Task")
    project = PROJECTS[act.number % len(PROJECTS)]
    return {
        "id": str(act.number),
        "self": f"{_api()}/issue/{act.number}",
        "key": f"{project}-{act.number}",
        "fields": {
            "summary": f"How do we do {act.topic}?",
            "created": _time(at),
            "updated": _time(act.at),
            "creator": _user(reporter),
            "reporter": _user(reporter),
            "assignee": None,
            "issuetype": {"id": "10002", "name": kind, "subtask": False},
            "labels": [],
            "priority": {"id": "3", "name": "Medium"},
            "project": {"key": project, "name": project, "projectTypeKey": "software"},
            "security": None,
            "status": STATUS,
            "resolution": None,
            "description": "Synthetic",
        },
    }


def _user(person: Person) -> dict[str, Any]:
    return {
        "self": f"{_api()}/user?username={person.login}",
        "name": person.login,
        "key": f"JIRAUSER{accounts.number(person)}",
        "displayName": person.name,
        "active": True,
        "timeZone": person.zone,
    }


def _api() -> str:
    return f"{accounts.site('jira')}/rest/api/2"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"
