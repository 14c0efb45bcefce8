"""What people write down: pages of a wiki, and snippets, of which only the interface tells."""

from typing import Any
from urllib.parse import quote

from producers.connector import Event, Ignored, Statement
from producers.connectors.gitlab.options import GitLabOptions
from producers.connectors.gitlab.source import Source


def wrote(event: Event, options: GitLabOptions) -> list[Statement]:
    """Somebody begins a wiki page; a webhook gives no time, so the time of arrival counts."""
    source, page = Source(event, options), event["object_attributes"]
    actor, at = source.person(), event.get("created_at")
    name = f"wiki:{source.project['id']}:{page['slug']}"
    written = source.options.written(page.get("content"))
    return [source.statement(name, actor, "author", _page(source), "record", at, written=written)]


def edited(event: Event, options: GitLabOptions) -> list[Statement]:
    """Somebody edits a wiki page, as only a webhook tells with the version."""
    source, page = Source(event, options), event["object_attributes"]
    version = page.get("version_id")
    if not version:
        raise Ignored("an older GitLab, which does not tell one edit from another")
    name = f"wiki:{source.project['id']}:{page['slug']}:{version}"
    return [source.statement(name, source.person(), "edited", _page(source), "record", None)]


def shared(event: Event, options: GitLabOptions) -> list[Statement]:
    """Somebody keeps a snippet where colleagues find it."""
    source, snippet = Source(event, options), event["snippet"]
    target = source.thing(f"snippets/{snippet['id']}", "doc", title=snippet.get("title"))
    name, at = f"snippet:{snippet['id']}", snippet["created_at"]
    return [source.statement(name, source.person(), "author", target, "record", at)]


def _page(source: Source) -> dict[str, Any]:
    page = source.event["object_attributes"]
    slug = quote(page["slug"], safe="/")
    return source.thing(f"wikis/{slug}", "wiki-page", title=page.get("title"))


#: Kind → its mapper.
MAPPERS = {"wiki_page.create": wrote, "wiki_page.update": edited, "snippet.created": shared}
