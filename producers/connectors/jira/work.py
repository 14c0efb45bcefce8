"""Work on issues with others: time that is logged, and pages that are linked to.

Of a page only its address is told, of one outside the wiki only its host: addresses hold titles.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from producers.connector import Event, Ignored, Made, Nudge
from producers.connectors.jira.comments import ISSUES
from producers.connectors.jira.options import JiraOptions
from producers.connectors.jira.source import CONFIDENTIAL, Source, Thing, voids
from producers.statements import activity

WORK = "a link to code, a build, another issue or talk: nothing to learn from is kept by it"
WRITTEN = "the page names the issue, and is counted where it was written"
CONFLUENCE = "com.atlassian.confluence"
#: A page of Confluence by its number, at Cloud and at Data Center.
_PAGE = re.compile(
    r"https?://[^?#]*?/(?:spaces/[^/]+/)?pages/\d+"
    r"|https?://[^?#]*/pages/viewpage\.action\?(?:[^#]*&)?pageId=\d+"
)
_CODE = re.compile(r"/(commits?|pull|pulls|pull-requests|merge_requests|pipelines|builds?)/")


def logged(event: Event, options: JiraOptions) -> Sequence[Made]:
    """Somebody logs time that they worked on an issue, at the time at which they say so."""
    source, worklog = Source(event, options), event["worklog"]
    if not source.whole:
        return [Nudge(ISSUES)]
    source.check()
    if worklog.get("visibility"):
        raise Ignored(CONFIDENTIAL)
    actor = source.person(worklog.get("author"))
    return [
        source.statement(
            f"worklog:{worklog['id']}",
            actor,
            "update",
            "collaborate",
            worklog["created"],
            counterpart=source.other(source.reporter, actor),
        )
    ]


def unlogged(event: Event, options: JiraOptions) -> Sequence[Made]:
    """Logged time is deleted."""
    return voids(options, [f"worklog:{event['worklog']['id']}"])


def linked(event: Event, options: JiraOptions) -> Sequence[Made]:
    """Somebody links an issue to a page: they bring together what is known about it."""
    source, history, link = Source(event, options), event["history"], event["link"]
    source.check()
    actor = source.person(history.get("author"))
    if str(link.get("relationship") or "").lower() == "mentioned in":
        raise Ignored(WRITTEN)
    return [
        source.statement(
            f"link:{link['id']}",
            actor,
            "shared",
            "curate",
            history["created"],
            target=_page(source, link),
        )
    ]


def unlinked(event: Event, options: JiraOptions) -> Sequence[Made]:
    """A link to a page is taken away."""
    return voids(options, [f"link:{event['link']['id']}"])


def _page(source: Source, link: Thing) -> dict[str, Any]:
    """The page that is linked to. Raises Ignored where that is none."""
    url = str((link.get("object") or {}).get("url") or "")
    host = _host(url)
    wiki = (link.get("application") or {}).get("type") == CONFLUENCE
    if (found := _PAGE.match(url)) and (wiki or "/wiki/" in url or "viewpage.action" in url):
        return activity(found[0], "page")
    if wiki:
        return activity(f"https://{host}/", "page", host)
    barred = source.options.no_sources
    tool = any(host == each or host.endswith(f".{each}") for each in barred)
    if not host or tool or host == _host(source.options.site) or _CODE.search(urlsplit(url).path):
        raise Ignored(WORK)
    return activity(f"https://{host}/", "link", host)


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:  # as in "http://[": no address
        return ""


#: Kind → its mapper.
MAPPERS = {
    "worklog_created": logged,
    "worklog_updated": logged,
    "worklog_deleted": unlogged,
    "page.linked": linked,
    "page.unlinked": unlinked,
}
