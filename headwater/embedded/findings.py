"""What is wrong with a stack, in sentences: each says what, since when, and what to do."""

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.embedded.datafolder import write_private

#: In the data folder: what the supervisor last found, and since when; the page shows it.
FILE = Path("run") / "health.json"
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    `part` is what it is about (a part of the stack, or `disk`, `data`), `since` in Unix seconds, 0
    where that is not known. `what` and `do` quote nothing of what anybody sent, and may be shown to
    all; `detail` is the first line of an error, for those who run the stack.
    """

    part: str
    what: str
    do: str
    since: float = 0.0
    detail: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same finding a moment later, when its numbers have changed."""
        return self.part, _NUMBER.sub("#", self.what)

    @property
    def sentence(self) -> str:
        """All of it, on a line."""
        said = f"{self.part}: {self.what}"
        if self.since:
            said += f" since {datetime.fromtimestamp(self.since).astimezone():%Y-%m-%d %H:%M:%S}"
        if self.detail:
            said += f" ({self.detail})"
        return f"{said}. To do: {self.do}."

    def as_data(self) -> dict[str, Any]:
        """As JSON has it; `since` is empty where it is not known."""
        moment = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds")
        return {
            "part": self.part,
            "what": self.what,
            "since": moment if self.since else "",
            "do": self.do,
            "detail": self.detail,
        }


def of_data(data: dict[str, Any], part: str = "") -> Finding:
    """A finding as it was told in JSON, a part's `/healthz` among them; ValueError for another."""
    try:
        since = datetime.fromisoformat(data["since"]).timestamp() if data["since"] else 0.0
        what, do = str(data["what"]), str(data.get("do", ""))
        return Finding(part or str(data["part"]), what, do, since, str(data.get("detail", "")))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no finding: {error!r}") from error


def dated(findings: Iterable[Finding], known: Iterable[Finding], now: float) -> list[Finding]:
    """Findings with the time since when each is known; the earliest that anybody says counts.

    One that is new and says no time has begun `now`; 0 leaves it open.
    """
    before = {finding.key: finding.since for finding in known}
    found = []
    for finding in findings:
        times = [at for at in (finding.since, before.get(finding.key, 0.0)) if at]
        found.append(replace(finding, since=min(times, default=now)))
    return found


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """What several parts say alike is said once, of all of them."""
    found: dict[tuple[str, str], Finding] = {}
    for one in findings:
        other = found.get((one.what, one.do))
        if other is None:
            found[one.what, one.do] = one
        elif one.part not in other.part.split(", "):
            times = [at for at in (one.since, other.since) if at]
            part = f"{other.part}, {one.part}"
            found[one.what, one.do] = replace(other, part=part, since=min(times, default=0.0))
    return list(found.values())


def keep(folder: Path, findings: Iterable[Finding]) -> None:
    """Writes down what was found; raises OSError where it cannot."""
    listed = [finding.as_data() for finding in findings]
    write_private(folder / FILE, {"at": time.time(), "findings": listed})


def kept(folder: Path) -> list[Finding]:
    """What was last written down; nothing where nobody wrote."""
    try:
        read = json.loads((folder / FILE).read_text("utf-8"))
        found = [of_data(data) for data in read["findings"]]
        return [replace(one, part=part) for one in found for part in one.part.split(", ")]
    except (OSError, ValueError, KeyError, TypeError):
        return []
