"""What the audit log tells: what is searched, read, edited, begun and shared in SharePoint and
OneDrive, and what is written and read in Viva Engage.

https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema
and https://learn.microsoft.com/purview/audit-log-activities. Microsoft 365 tells of one look at a
page several times; of the same person, page and hour it counts once, from the hour's beginning.
What people do in a drive of their own is nobody else's. No search's words, no file's name are kept.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from producers.connector import Event, Ignored, Made
from producers.connectors.microsoft365.messages import file_of
from producers.connectors.microsoft365.options import Microsoft365Options
from producers.connectors.microsoft365.source import HOME, Agent, Source
from producers.places import Place, Use
from producers.statements import activity

OWN = "in a drive of one's own: nobody else reads it"
NO_DOCUMENT = "a list, a picture or a part of a page: nothing that one reads to learn"
NO_PAGE = "a library's or a site's front page: the way to what is read"
PAGE_TOLD = "a page: PageViewed tells that it is read"
NOT_ASKED = "the same search is told by the operation that the connection names"
BEGUN = "a file that is put down: whom it is for says the message or link that shares it"
_NO_DOCUMENTS = frozenset(
    {
        "png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "ico", "css", "js", "json", "woff",
        "map", "master", "xsl", "dll", "tmp", "onetoc2",
    }
)  # fmt: skip
_FRONT = re.compile(r"/(?:home|default)\.aspx$")

Record = Mapping[str, Any]


def hour_of(at: str) -> str:
    """The beginning of the hour in which a time of the audit log (UTC) lies."""
    found = datetime.fromisoformat(at)
    whole = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return whole.strftime("%Y-%m-%dT%H:00:00Z")


class _File:
    """What a record is about, where that counts. Raises Ignored."""

    def __init__(self, record: Record, options: Microsoft365Options) -> None:
        self.record, self.source = record, Source(options)
        self.actor: Agent = self.source.auditor(record)
        address = urlsplit(unquote(record["ObjectId"]).lower())
        self.path, self.extension = address.path, address.path.rpartition(".")[2]
        site = urlsplit(str(record.get("SiteUrl") or "")).path.strip("/").lower()
        self.site = unquote(site)
        self.place = self.source.place(options.sites.get(self.site, Place()))
        if self.site.startswith("personal/") and self.site == f"personal/{self._slug}":
            raise Ignored(OWN)

    @property
    def _slug(self) -> str:
        return re.sub(r"[^a-z0-9]", "_", self.actor["account"]["name"])

    @property
    def topic(self) -> str:
        """The site; a drive of somebody's own is no topic."""
        return self.place.name or ("" if self.site.startswith("personal/") else self.site)

    @property
    def is_page(self) -> bool:
        """Whether it is a page that somebody wrote."""
        return self.extension == "aspx" and "/sitepages/" in self.path

    @property
    def at(self) -> str:
        """When it happened, in UTC."""
        return str(self.record["CreationTime"])

    @property
    def target(self) -> dict[str, Any]:
        """The page or document, by its id."""
        title = self.source.options.named(self.record.get("SourceFileName"))
        return file_of(self._id, "page" if self.is_page else "doc", title)

    @property
    def _id(self) -> str:
        return str(self.record["ListItemUniqueId"]).strip("{}").lower()

    def key(self, what: str) -> str:
        """The id of what is done to the thing itself."""
        return f"file:{self._id}:{what}"

    def document(self) -> None:
        """Raises Ignored for what nobody reads to learn."""
        if self.record.get("ItemType", "File") not in ("File", "Page"):
            raise Ignored(NO_DOCUMENT)
        if self.extension in _NO_DOCUMENTS or (self.extension == "aspx" and not self.is_page):
            raise Ignored(NO_DOCUMENT)

    def hourly(self, verb: str, behaviour: str) -> Sequence[Made]:
        """What somebody does to it, once an hour."""
        hour = hour_of(self.at)
        name = f"{self.key(verb)}:{self.actor['account']['name']}:{hour}"
        return [
            self.source.statement(
                name, self.actor, verb, self.target, behaviour, hour, topic=self.topic
            )
        ]

    def once(self, key: str, verb: str, behaviour: str, **more: Any) -> Sequence[Made]:
        """What somebody does to it, at its own time."""
        return [
            self.source.statement(
                key, self.actor, verb, self.target, behaviour, self.at, topic=self.topic, **more
            )
        ]


def read(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody opens a document: once an hour."""
    file = _File(record, options)
    if file.is_page:
        raise Ignored(PAGE_TOLD)
    file.document()
    return file.hourly("viewed", "read")


def viewed(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody looks at a page that somebody wrote: once an hour."""
    file = _File(record, options)
    if not file.is_page or _FRONT.search(file.path):
        raise Ignored(NO_PAGE)
    return file.hourly("viewed", "read")


def downloaded(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody takes a document to read it elsewhere: once an hour."""
    file = _File(record, options)
    file.document()
    return file.hourly("downloaded", "read")


def edited(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody edits a page or document, which saves itself again and again: once an hour."""
    file = _File(record, options)
    file.document()
    return file.hourly("edited", "collaborate")


def begun(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody begins a page, or a document on a site that is for knowledge."""
    file = _File(record, options)
    file.document()
    if not file.is_page and file.place.use is not Use.KNOWLEDGE:
        raise Ignored(BEGUN)
    return file.once(file.key("begun"), "author", "record")


def thrown_away(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """A page or document is thrown away, whoever does it: that it was written is voided."""
    name = str(record["ListItemUniqueId"]).strip("{}").lower()
    return Source(options).voiding(f"file:{name}:begun")


def shared(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody shares a document or page with somebody; outside the organisation it connects."""
    file = _File(record, options)
    file.document()
    name, kind = record.get("TargetUserOrGroupName") or "", record.get("TargetUserOrGroupType")
    if kind not in ("Member", "Guest"):
        raise Ignored("a right of a group's: shared with nobody who is named")
    behaviour = "connect" if file.source.guest(name, kind) else "curate"
    target = file.source.target(name, file.actor)
    if target is None:
        raise Ignored("shared with oneself, or with nobody who is named")
    return file.once(f"audit:{record['Id']}", "shared", behaviour, counterpart=target)


def linked(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody makes a link by which all colleagues, or anybody, can read a document or page."""
    file = _File(record, options)
    file.document()
    outside = record["Operation"] == "AnonymousLinkCreated"
    return file.once(f"audit:{record['Id']}", "shared", "connect" if outside else "curate")


def searched(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody searches, whatever for: once a minute, since results come while one types."""
    if record["Operation"] != options.search:
        raise Ignored(NOT_ASKED)
    source = Source(options)
    actor = source.auditor(record)
    minute = f"{hour_of(record['CreationTime'])[:14]}{record['CreationTime'][14:16]}:00Z"
    name = f"search:{actor['account']['name']}:{minute}"
    target = activity(f"{HOME}/search", "search-query")
    return [source.statement(name, actor, "searched", target, "search", minute)]


# Viva Engage


def _said(record: Record) -> str:
    return f"engage:{record['MessageId']}"


def posted(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody writes in Viva Engage; whether it asks or answers is not told."""
    source = Source(options)
    actor = source.auditor(record)
    target = activity(
        f"https://engage.cloud.microsoft/messages/{record['MessageId']}", "chat-message"
    )
    at = record["CreationTime"]
    return [source.statement(_said(record), actor, "posted", target, "collaborate", at)]


def withdrawn(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """What was written in Viva Engage is deleted: it is voided."""
    return Source(options).voiding(_said(record))


def visited(record: Event, options: Microsoft365Options) -> Sequence[Made]:
    """Somebody reads a file in Viva Engage: once an hour."""
    source = Source(options)
    actor, hour = source.auditor(record), hour_of(record["CreationTime"])
    target = activity(f"https://engage.cloud.microsoft/files/{record['FileId']}", "doc")
    name = f"engage-file:{record['FileId']}:{actor['account']['name']}:{hour}"
    return [source.statement(name, actor, "viewed", target, "read", hour)]


MAPPERS = {
    "audit.FileAccessed": read,
    "audit.PageViewed": viewed,
    "audit.FileDownloaded": downloaded,
    "audit.FileModified": edited,
    "audit.FileUploaded": begun,
    "audit.FileDeleted": thrown_away,
    "audit.FileRecycled": thrown_away,
    "audit.SharingSet": shared,
    "audit.AddedToSecureLink": shared,
    "audit.CompanyLinkCreated": linked,
    "audit.AnonymousLinkCreated": linked,
    "audit.SearchQueryPerformed": searched,
    "audit.SearchQueryInitiatedSharePoint": searched,
    "engage.MessageCreation": posted,
    "engage.MessageDeleted": withdrawn,
    "engage.FileVisited": visited,
}
