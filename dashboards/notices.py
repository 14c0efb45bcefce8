"""What the supervisor found to be wrong, for the page: `run/health.json` of the data folder.

It is read from a file, so that it can be shown while Kafka or the warehouse is away. Errors that it
quotes are not read: they are for those who run the stack.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from pathlib import Path

from dashboards.tables import code

FILE = Path("run") / "health.json"
#: The supervisor writes every five seconds.
STALE_SECONDS = 60.0
_STATUS = "`headwater status` says why"


@dataclass(frozen=True)
class Notice:
    """Something that is wrong with a part, since when, and what to do."""

    part: str
    what: str
    since: datetime | None
    do: str


class Notices:
    """What is wrong now, as far as the supervisor of a data folder knows."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / FILE if folder else None

    def now(self) -> Sequence[Notice]:
        """What is wrong; nothing where no supervisor writes."""
        if self._path is None or not self._path.exists():
            return ()
        try:
            read = json.loads(self._path.read_text("utf-8"))
            if time.time() - read["at"] > STALE_SECONDS:
                at = datetime.fromtimestamp(read["at"]).astimezone()
                return (Notice("supervisor", "it has said nothing", at, _STATUS),)
            return tuple(_notice(each) for each in read["findings"])
        except (OSError, ValueError, KeyError, TypeError):
            return (Notice("supervisor", "what it wrote cannot be read", None, _STATUS),)


def _notice(data: dict[str, str]) -> Notice:
    since = datetime.fromisoformat(data["since"]) if data["since"] else None
    return Notice(data["part"], data["what"], since, data["do"])


def drawn(notices: Sequence[Notice], zone: tzinfo) -> str:
    """Notices as HTML, a sentence each; empty without any."""
    if not notices:
        return ""
    lines = "".join(f"<li>{_sentence(each, zone)}</li>" for each in notices)
    return f"<b>Not all is well.</b><ul>{lines}</ul>"


def _sentence(notice: Notice, zone: tzinfo) -> str:
    since = ""
    if notice.since is not None:
        local = notice.since.astimezone(zone)
        since = f' since <time datetime="{local.isoformat()}">{local:%-d %b, %H:%M:%S}</time>'
    what = f"<b>{escape(notice.part)}</b>: {escape(notice.what)}{since}."
    return f"{what} To do: {code(notice.do)}."
