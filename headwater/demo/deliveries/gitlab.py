"""GitLab's webhooks: https://docs.gitlab.com/user/project/integrations/webhook_events/."""

from datetime import datetime
from typing import Any
from uuid import UUID

from headwater.demo import accounts
from headwater.demo.acts import Act
from headwater.demo.event import Event
from headwater.demo.organisation import Person

PROJECTS = ("analytics", "billing", "mobile", "runbooks")
#: Up to which draw an act is which.
OPENED, ANSWERED = 0.35, 0.75


def delivery(act: Act) -> Event:
    """An issue, an answer under a colleague's, or a comment on a colleague's change."""
    if act.draw < OPENED:
        issue = {**_thing(act, act.who, act.at), "action": "open"}
        about = {"object_attributes": issue, "labels": [], "changes": {}}
        return _hook(act, "issue", "Issue Hook", about)
    if act.draw < ANSWERED:
        about = {"object_attributes": _note(act, "Issue"), "issue": _thing(act, act.other)}
    else:
        change = _thing(act, act.other)
        about = {"object_attributes": _note(act, "MergeRequest"), "merge_request": change}
    return _hook(act, "note", "Note Hook", {"project_id": _number(act), **about})


def _hook(act: Act, kind: str, name: str, about: dict[str, Any]) -> Event:
    body = {
        "object_kind": kind,
        "event_type": kind,
        "user": {
            "id": accounts.number(act.who),
            "name": act.who.name,
            "username": act.who.login,
            "avatar_url": None,
            "email": "[REDACTED]",
        },
        "project": {
            "id": _number(act),
            "name": _project(act),
            "web_url": _address(act),
            "path_with_namespace": f"synthetic-demo/{_project(act)}",
            "default_branch": "main",
        },
        **about,
    }
    headers = {"X-Gitlab-Event": name, "X-Gitlab-Event-UUID": str(UUID(int=act.number))}
    return Event(act.at, kind, body, "gitlab", headers)


def _thing(act: Act, author: Person, at: datetime | None = None) -> dict[str, Any]:
    """What issues and merge requests have in common."""
    moment = _time(at or act.before)
    return {
        "id": act.number,
        "iid": act.number,
        "title": f"How do we do {act.topic}?",
        "description": "Synthetic",
        "author_id": accounts.number(author),
        "created_at": moment,
        "updated_at": moment,
        "state": "opened",
        "labels": [],
        "url": f"{_address(act)}/-/issues/{act.number}",
    }


def _note(act: Act, on: str) -> dict[str, Any]:
    return {
        "id": act.number,
        "note": f"The way we do {act.topic} stands in the runbook.",
        "noteable_type": on,
        "author_id": accounts.number(act.who),
        "created_at": _time(act.at),
        "updated_at": _time(act.at),
        "project_id": _number(act),
        "system": False,
        "internal": False,
        "type": None,
        "action": "create",
        "url": f"{_address(act)}/-/issues/{act.number}#note_{act.number}",
    }


def _project(act: Act) -> str:
    return PROJECTS[act.number % len(PROJECTS)]


def _number(act: Act) -> int:
    return 1 + act.number % len(PROJECTS)


def _address(act: Act) -> str:
    return f"{accounts.site('gitlab')}/synthetic-demo/{_project(act)}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
