"""What is looked at to say whether a stack is well: a list, to which one more check is one line.

Each check has its own deadline and its own thread, and all run side by side: one that hangs costs
what it would have said, and that it hangs is said by the check whose matter it is.
"""

import http.client
import json
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

import psutil

from headwater import parts
from headwater.embedded.findings import Finding, of_data

if TYPE_CHECKING:
    from warehouse import Warehouse

T = TypeVar("T")

#: A part has so many seconds to answer.
SECONDS = 1.5
#: A part that ended so often within so many seconds does not come back by itself.
ENDS, ENDS_WITHIN = 3, 300.0
#: A processor reports every second; that long without is too long.
SILENT_SECONDS = 30
#: Refusals in ten minutes that are told, where they are so many times what is usual.
REFUSALS, REFUSALS_GROWN = 20, 3
#: A dirty hour is taken in within seconds, one of millions of events within minutes.
MARKS_SECONDS = 900.0
#: Tables of which the first row of each part is read.
PROBED = (
    "lrs.statement_rows",
    "lrs.statement_keys",
    "lrs.document_rows",
    "learning.fact_rows",
    "learning.activity_day_rows",
    "directory.person_rows",
    "kpi.observation_rows",
    "work.signal_rows",
)
_IN_PART = re.compile(r"/([^/]+)/ in table ([a-z]+\.[a-z_]+) ")


@dataclass
class Seen:
    """A stack as its data folder describes it."""

    folder: Path
    #: What the supervisor wrote down, and the addresses.
    state: dict[str, Any]
    addresses: dict[str, Any]
    #: Whether the check may cost something.
    thorough: bool = True
    began: float = field(default_factory=time.time)

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """Each part as the supervisor sees it."""
        found: dict[str, dict[str, Any]] = self.state.get("parts", {})
        return found

    def ready(self, part: str) -> bool:
        """Whether a part is meant to answer now; one that the supervisor does not run is."""
        return str(self.parts.get(part, {}).get("state", "ready")) == "ready"

    def log(self, part: str) -> str:
        """Where a part says what it does."""
        return f"{self.folder / 'logs' / part}.log"

    @cached_property
    def warehouse(self) -> "Warehouse":
        """The warehouse as its administrator; it has little time to answer."""
        from warehouse import Warehouse

        quiet("clickhouse_connect")
        told = self.addresses["warehouse_admin"]
        login = f"{quote(told['username'], safe='')}:{quote(told['password'], safe='')}@"
        return Warehouse(told["url"].replace("//", f"//{login}"), timeout=2 * SECONDS)


Check = Callable[[Seen], Sequence[Finding]]


def processes(seen: Seen) -> list[Finding]:
    """Parts that are down, come back again and again, or stand still by a signal."""
    found = list(_stopped("supervisor", seen.state.get("pid")))
    for name, part in seen.parts.items():
        found += _stopped(name, part.get("pid"))
        state, since = part.get("state"), float(part.get("since", 0.0))
        error = str(part.get("last_error", ""))
        ends = [at for at in part.get("ended", ()) if at > time.time() - ENDS_WITHIN]
        do = f"see {seen.log(name)}"
        if len(ends) >= ENDS:
            what = f"it ended {len(ends)} times within {ENDS_WITHIN / 60:.0f} minutes"
            found.append(Finding(name, what, do, min(ends), error))
        elif state == "restarting" or (state == "starting" and part.get("restarts")):
            found.append(Finding(name, "it ended and is being started again", do, since, error))
        elif state == "failed":
            found.append(Finding(name, "it cannot start", do, since, error))
    return found


def _stopped(name: str, pid: int | None) -> Iterator[Finding]:
    try:
        stopped = bool(pid) and psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return
    if stopped:
        yield Finding(name, f"its process {pid} was stopped by a signal", f"kill -CONT {pid}")


def health(part: str, seen: Seen) -> list[Finding]:
    """What a part says of itself; that it does not answer, where that is so."""
    address = seen.addresses.get(part)
    if part == "warehouse":
        address = address or seen.addresses.get("warehouse_admin")
    if address is None or not seen.ready(part):
        return []
    listens = parts.named(part).listens
    if listens is None:
        return []
    outside = part not in seen.parts and parts.named(part).store  # another's, which has no more
    try:
        status, body = _get(address["url"], listens.ready if outside else listens.health)
    except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
        do = f"see {seen.log(part)}; end it and the supervisor starts it again"
        return [Finding(part, "it does not answer", do, 0.0, str(error)[:200])]
    problems = body.get("problems", ())
    found = [of_data(problem, part) for problem in problems]
    if status != 200 and not found:
        word = str(body.get("status", "")) or f"its health is {status}"
        found.append(Finding(part, f"it is not well ({word})", f"see {seen.log(part)}"))
    return found


def _get(url: str, path: str) -> tuple[int, dict[str, Any]]:
    where = urlsplit(url)
    secure = where.scheme == "https"
    maker = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = maker(where.hostname or "", where.port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(1 << 20)
    finally:
        connection.close()
    read = json.loads(body) if body.startswith(b"{") else {}
    return answer.status, read


def disk(seen: Seen) -> list[Finding]:
    """The free space of the data folder's disk, where writes are refused for it."""
    from lrs.settings import LrsSettings

    least = LrsSettings().lrs_minimum_free
    free = shutil.disk_usage(seen.folder).free
    if free >= least:
        return []
    what = f"it has {free >> 20} MiB free, and writes need {least >> 20} MiB: they are refused"
    return [Finding("disk", what, f"make room on the disk of {seen.folder}")]


def failed_reads(seen: Seen) -> list[Finding]:
    """Parts of tables on which reads failed since the engine was started."""
    return [
        _broken(f"{database}.{table}", part, float(at), message)
        for database, table, part, at, _, message in seen.warehouse.rows("status/errors")
    ]


def set_aside(seen: Seen) -> list[Finding]:
    """Parts of tables that the engine could not read when it started."""
    found = []
    for database, table, part, _, at in seen.warehouse.rows("status/detached"):
        what = f"the part {part} of {database}.{table} could not be read and was set aside"
        do = (
            f"`headwater verify --repair` writes again what Kafka still holds, then ALTER TABLE "
            f"{database}.{table} DROP DETACHED PART '{part}' SETTINGS allow_drop_detached = 1"
        )
        found.append(Finding("warehouse", what, do, float(at)))
    return found


def probing(seen: Seen) -> list[Finding]:
    """Tables of which the first rows of a part cannot be read."""
    from warehouse import WarehouseError, WarehouseUnavailable
    from warehouse.client import named

    found = []
    for table in PROBED if seen.thorough else ():
        database, _, name = table.partition(".")
        try:
            seen.warehouse.query(named("status/probe", database=database, table=name))
        except WarehouseUnavailable:
            raise
        except WarehouseError as error:
            where = _IN_PART.search(str(error))
            found.append(_broken(table, where.group(1) if where else "", 0.0, str(error)))
    return found


def _broken(table: str, part: str, since: float, error: str) -> Finding:
    what = f"the part {part} of {table} cannot be read" if part else f"{table} cannot be read"
    detach = f"ALTER TABLE {table} DETACH PART '{part}', then " if part else ""
    do = (
        f"{detach}`headwater verify --repair` writes again what Kafka still holds; what is older "
        "is in a backup"
    )
    return Finding("warehouse", what, do, since, error[:200])


def reports(seen: Seen) -> list[Finding]:
    """Processors that have not reported for a while."""
    whose = {name: part.name for part in parts.every() for name in part.reports}
    silent = {"reports": list(whose), "seconds": SILENT_SECONDS}
    found = []
    for name, last in seen.warehouse.rows("status/silent", **silent):
        part = whose[str(name)]
        if seen.ready(part):
            what = f"its processor {name} has reported nothing"
            do = f"see {seen.log(part)} and whether the warehouse takes writes"
            found.append(Finding(part, what, do, float(last)))
    return found


def refusals(seen: Seen) -> list[Finding]:
    """That much more is refused than is usual."""
    [(lately, usually, since, most)] = seen.warehouse.rows("status/refusals")
    if lately < REFUSALS or lately < REFUSALS_GROWN * usually:
        return []
    what = f"{lately} refusals in ten minutes, where {usually:.0f} are usual"
    do = "`headwater rejected list` says why"
    return [Finding("rejected", what, do, float(since), f"most from {most}")]


def dirty_hours(seen: Seen) -> list[Finding]:
    """Hours whose facts changed, and that a mart has not taken in."""
    [(waiting, since)] = seen.warehouse.rows("status/dirty_waiting")
    if not waiting or time.time() - since < MARKS_SECONDS:
        return []
    what = f"{waiting} marked hours wait for the roll-ups"
    return [Finding("worker", what, f"see {seen.log('worker')}", float(since))]


def verification(seen: Seen) -> list[Finding]:
    """What the last `headwater verify` found to lack."""
    found = []
    for at, missing, surplus in seen.warehouse.rows("status/lacking"):
        what = f"the last verification found {missing} rows missing and {surplus} too many"
        found.append(Finding("data", what, "`headwater verify --repair`", float(at)))
    return found


#: What is looked at in the warehouse, one after the other.
IN_WAREHOUSE: tuple[Check, ...] = (
    failed_reads,
    set_aside,
    probing,
    reports,
    refusals,
    dirty_hours,
    verification,
)


def in_warehouse(seen: Seen) -> list[Finding]:
    """All that the warehouse knows of what is wrong."""
    from warehouse import WarehouseError, WarehouseUnavailable

    if "warehouse_admin" not in seen.addresses:
        return []
    found: list[Finding] = []
    for check in IN_WAREHOUSE:
        try:
            found += check(seen)
        except WarehouseUnavailable:
            raise
        except WarehouseError as error:  # a table that cannot be read costs one check
            do = "`headwater migrate` brings the schema up to date; see the warehouse's log"
            what = f"the check of {check.__name__.replace('_', ' ')} fails"
            found.append(Finding("warehouse", what, do, 0.0, str(error)[:200]))
    return found


def warehouse(seen: Seen) -> list[Finding]:
    """All that the warehouse knows of what is wrong; that it does not answer."""
    if not seen.ready("warehouse"):
        return []
    try:
        return in_warehouse(seen)
    except Exception as error:
        return [no_warehouse(seen, str(error))]


def no_warehouse(seen: Seen, error: str = "") -> Finding:
    """That the warehouse does not answer."""
    do = f"see {seen.log('warehouse')}; end it and the supervisor starts it again"
    return Finding("warehouse", "it does not answer", do, 0.0, error[:200])


def no_kafka(seen: Seen, error: str = "") -> Finding:
    """That Kafka does not answer."""
    do = f"see {seen.log('kafka')}; end it and the supervisor starts it again"
    return Finding("kafka", "it does not answer", do, 0.0, error[:200])


def all_checks() -> dict[str, Check]:
    """Every check by its name, each of which has a thread."""
    asked = [part.name for part in parts.every() if part.answers]
    listening = {f"health of {part}": partial(health, part) for part in asked}
    return {"processes": processes, "disk": disk, "warehouse": warehouse, **listening}


def looked(seen: Seen, seconds: float = SECONDS) -> list[Finding]:
    """Carries out every check and returns what they found within so many seconds."""
    began = time.monotonic()
    running = {name: aside(check, seen) for name, check in all_checks().items()}
    found: list[Finding] = []
    for name, future in running.items():
        found += outcome(name, future, seen, began + seconds + 0.2)
    return found


def outcome(
    name: str, future: "Future[Sequence[Finding]]", seen: Seen, until: float
) -> Sequence[Finding]:
    """What a check found; that it did not come back, where that is so."""
    part = name.removeprefix("health of ")
    try:
        return future.result(max(0.0, until - time.monotonic()))
    except TimeoutError:
        if part == "warehouse":
            return [no_warehouse(seen)]
        return [Finding(part, "it does not answer", f"see {seen.log(part)}")]
    except Exception as error:
        do = "this is a fault of the check itself; `headwater status` again says whether it stays"
        return [Finding(part, "it could not be looked at", do, 0.0, repr(error)[:200])]


def aside(work: Callable[..., T], *given: Any) -> "Future[T]":
    """Runs something in a thread that nobody has to wait for, the interpreter's end neither."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work(*given))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def quiet(client: str) -> None:
    """A client's own lines about who does not answer: a finding says it in words."""
    logging.getLogger(client).setLevel(logging.CRITICAL)
