"""Pulls on their schedule, as kpis.toml says now: a task of the poller.

When a pull was last made, and what it brought, is its cursor: so a restart asks nobody earlier than
it is due, and figures that are the same as the last ones are not sent again. A pull that fails is
told by `/healthz` and tried again; the others go on.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn
from uuid import uuid4

import orjson
import structlog

from bus.errors import BrokerUnavailable
from bus.publisher import Publisher
from producers.errors import NotPulled
from producers.load import send
from producers.loads.kpi import load
from producers.polling.cursors import Cursor, Cursors
from producers.pulling import figures
from producers.pulling.figures import Asking
from serving import tasks
from serving.followed import FollowedFile
from serving.progress import Problem, Progress
from xapi.catalogue import Catalogue, Pull
from xapi.observations import Observation

#: Where cursors of pulls stand, beside those of connections: none of these is called so.
CURSORS_OF = "[[pull]]"
#: Between two looks at what is due, in seconds.
EVERY = 1.0
#: A pull that failed is tried again after so many seconds, and each time after twice as many, until
#: it is its own interval.
AGAIN_SECONDS = 30.0
#: How long a pull may be late before that is a problem, in seconds.
LATE_SECONDS = 300.0
_DO = "`headwater kpi pull {} --dry-run` says what is wrong; the figures that are there stay"

log = structlog.get_logger()


@dataclass
class _Made:
    """How a pull gets on: whether it is being made, and when a failed one is tried again."""

    pull: Pull
    progress: Progress
    busy: bool = False
    failures: int = 0
    not_before: float = field(default=0.0)


class Pulls:
    """The pulls that kpis.toml puts on a schedule."""

    def __init__(
        self,
        catalogue: FollowedFile[Catalogue],
        hosts: Sequence[str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._catalogue = catalogue
        self._asking = Asking(catalogue.path.parent, hosts)
        self._now = now
        self._made: dict[str, _Made] = {}

    @property
    def problems(self) -> list[Problem | None]:
        """What does not go on."""
        return [self._catalogue.problem, *(each.progress.problem for each in self._made.values())]

    async def run(self, sink: Publisher, cursors: Cursors) -> NoReturn:
        """Makes each pull whenever it is due, for good."""
        async with tasks.running("poller", {}) as running:
            while True:
                for each in self._due(cursors):
                    each.busy = True
                    running.start(
                        f"pull {each.pull.name}", self._make(each, sink, cursors), once=True
                    )
                await asyncio.sleep(EVERY)

    def _due(self, cursors: Cursors) -> list[_Made]:
        """The pulls to be made now."""
        wanted = {each.name: each for each in self._catalogue.now().pull if each.every}
        for name in self._made.keys() - wanted.keys():
            del self._made[name]
        for name, pull in wanted.items():
            if name not in self._made or self._made[name].pull != pull:
                self._made[name] = _begun(pull)
        return [
            each
            for each in self._made.values()
            if not each.busy
            and self._now() >= each.not_before
            and _is_due(each.pull, cursors.of(CURSORS_OF, each.pull.name), self._now())
        ]

    async def _make(self, made: _Made, sink: Publisher, cursors: Cursors) -> None:
        pull, catalogue = made.pull, self._catalogue.now()
        made.progress.trying()
        try:
            checked = await asyncio.to_thread(figures.found, pull, catalogue, self._asking)
            mark = (
                f"{_digest(pull.model_dump_json().encode())}:{_digest(_written(checked.entries))}"
            )
            before = cursors.of(CURSORS_OF, pull.name)
            if before is None or before.mark != mark:
                await asyncio.to_thread(send, sink, load, uuid4(), checked.entries)
                log.info("figures were pulled", pull=pull.name, figures=len(checked.entries))
            await asyncio.wrap_future(cursors.moved(sink, CURSORS_OF, pull.name, mark))
            made.failures, made.not_before = 0, 0.0
            made.progress.got_on()
        except (NotPulled, BrokerUnavailable, TimeoutError) as error:
            log.warning("figures were not pulled", pull=pull.name, why=str(error)[:300])
            made.failures += 1
            rest = min(
                AGAIN_SECONDS * 2.0 ** min(made.failures - 1, 20), pull.every or AGAIN_SECONDS
            )
            made.not_before = self._now() + rest
            made.progress.failed(error, lasting=isinstance(error, NotPulled))
        finally:
            made.busy = False


def _begun(pull: Pull) -> _Made:
    told = Progress(
        f"The pull {pull.name} of kpis.toml",
        patience=(pull.every or 0.0) + pull.timeout + LATE_SECONDS,
        tolerance=pull.timeout + LATE_SECONDS,
        do=_DO.format(pull.name),
    )
    return _Made(pull, told)


def _is_due(pull: Pull, cursor: Cursor | None, now: float) -> bool:
    """Whether its time has come, or it is declared otherwise than when it was made last."""
    if cursor is None or not cursor.mark.startswith(_digest(pull.model_dump_json().encode())):
        return True
    return now >= cursor.at + (pull.every or 0.0)


def _written(entries: Sequence[Observation]) -> bytes:
    return orjson.dumps(sorted(orjson.dumps(each.record()[1]).decode() for each in entries))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
