"""MediaWiki against what was recorded of wikis: each change is decided, and who is credited."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import orjson

from producers.connections import Connection
from producers.connector import Found
from producers.connectors.mediawiki import MediawikiOptions, connector
from producers.connectors.mediawiki.poll import poll
from producers.intake import Intake
from producers.polling.api import Api
from tests.producers.conftest import Published
from xapi.statement import validate

OPTIONS = MediawikiOptions(site="https://wiki.example.com/w", history_days=36_500)
INTAKE = Intake(Connection("wiki", connector, b"", OPTIONS))


def read(changes: list[Any]) -> list[Found]:
    """What a poll finds of a wiki that answers with these changes."""
    answer = {"batchcomplete": True, "query": {"recentchanges": changes}}
    answering = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))

    async def found() -> list[Found]:
        http = httpx.AsyncClient(base_url=poll.address(OPTIONS), transport=answering)
        async with Api(http, denied=poll.denied) as api:
            pages = poll.streams["changes"](api, OPTIONS, "")
            return [each async for page in pages for each in page.events]

    return asyncio.run(found())


def revisions(folder: Path) -> list[Any]:
    """Recorded revisions of pages, as the list of recent changes has such a one."""
    found = []
    for path in sorted(folder.glob("mediawiki_page_*_revisions.json")):
        for page in json.loads(path.read_text("utf-8"))["query"]["pages"].values():
            for each in page.get("revisions", ()):
                known = not (each["user"].count(".") == 3 or ":" in each["user"])
                kind = "edit" if each["parentid"] else "new"
                about = {name: page[name] for name in ("ns", "title", "pageid")}
                flags = {"minor": "minor" in each, "anon": not known, "userid": int(known)}
                found.append({**each, **about, **flags, "type": kind, "tags": []})
    return found


def test_every_recorded_change_is_decided(shared: Path, published: Published) -> None:
    """A list that was asked without people credits nobody."""
    folder = shared / "data" / "payloads" / "mediawiki"
    listed = json.loads((folder / "mediawiki_pages_recent_changes.json").read_text("utf-8"))
    changes = [listed["query"]["recentchanges"], revisions(folder)]
    taken = [[INTAKE.map(each.kind, each.event) for each in read(some)] for some in changes]
    for some in taken:
        published("MediaWiki", some)
        for each in some:
            for statement in each.statements:
                validate(json.loads(orjson.dumps(statement)))
    told = [Counter((each.kind, str(each.disposition)) for each in some) for some in taken]
    assert told[0] == {("edit", "ignored"): 5, ("log.hidden", "ignored"): 1}
    assert told[1] == {
        ("edit", "mapped"): 54,
        ("edit", "ignored"): 447,
        ("new", "mapped"): 1,
    }
    reasons = Counter(each.detail for each in taken[1] if each.detail)
    assert reasons == {
        "a minor edit: a typing mistake, not knowledge": 181,
        "somebody without an account: nobody is credited": 266,
    }
