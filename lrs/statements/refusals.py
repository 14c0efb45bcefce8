"""What the LRS refuses to store, so that it is seen: on `xapi.rejected`, each and counted.

Who is answered 400 may be a program that nobody watches. So each refusal of a statement from a
known credential goes to `xapi.rejected`: the rule, the place, the credential, a digest of what was
sent, and the text itself where a setting allows it. Refusing stays cheap: nothing is waited for,
what is sent again and again is listed once, and each credential is listed so many times an hour;
the rest is counted, by credential and rule, and the counts follow every minute. Strangers are not
listed.
"""

import asyncio
import contextlib
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

import msgspec
import structlog
from msgspec import Raw

from bus.rejections import Kind, rejected
from lrs import metrics
from lrs.access.credentials import Principal
from lrs.errors import ApiError, TooLarge, Unavailable
from xapi.errors import XapiError

#: Answers that say that what came is wrong, not who sent it or when.
STATUSES = {
    400: Kind.REFUSED,
    403: Kind.FORBIDDEN,
    409: Kind.CONFLICT,
    413: Kind.REFUSED,
    415: Kind.REFUSED,
}
HOUR = 3600.0
FLUSH_SECONDS, COUNT_SECONDS = 0.5, 60.0
#: Digests that are remembered, and kinds of refusals that are counted between two reports.
REMEMBERED, COUNTED = 10_000, 5_000
#: The most messages that wait for Kafka; what is more is counted.
WAITING = 5_000
#: The most characters of a reason or a path.
LONGEST = 500

_PLACE = re.compile(r"\$\[(\d+)\]")
_divided = msgspec.json.Decoder(list[Raw])

log = structlog.get_logger()

Send = Callable[[Sequence[bytes]], Awaitable[None]]


class Refusal(NamedTuple):
    """One statement, or body, that was not taken."""

    kind: Kind
    path: str
    reason: str
    rule: str
    raw: bytes


class _Counted(NamedTuple):
    source: str
    credential: str
    kind: str
    rule: str


class Refusals:
    """What was refused lately, on its way to Kafka."""

    def __init__(
        self,
        send: Send,
        *,
        hourly: int,
        body_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._hourly = hourly
        self._body_bytes = body_bytes
        self._clock = clock
        self._listed: list[bytes] = []
        self._counts: dict[_Counted, int] = {}
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._left: dict[str, tuple[float, float]] = {}
        self._process = uuid4()

    def note(self, principal: Principal, refusals: Iterable[Refusal]) -> None:
        """Takes note of refusals of a credential."""
        for each in refusals:
            metrics.refused.labels(each.kind).inc()
            counted = _Counted(
                principal.source.partition("#")[0], principal.name, each.kind.value, each.rule
            )
            if len(self._listed) >= WAITING or not self._has_room(principal.name):
                self._count(counted)
                continue
            digest = hashlib.sha256(each.raw).hexdigest()
            if self._is_known(f"{counted}{each.path}{digest}"):
                self._count(counted)
                continue
            self._pay(principal.name)
            self._listed.append(self._message(counted, each, digest, whole=principal.tolerant))

    def failed(self, principal: Principal, error: ApiError | XapiError, sent: bytes) -> None:
        """Takes note of a request that was answered with an error."""
        status = error.status if isinstance(error, ApiError) else 400
        if status in STATUSES:
            self.note(principal, refusals_of(error, sent, STATUSES[status]))

    async def keep(self, principal: Principal, refusals: Sequence[Refusal]) -> None:
        """Returns once refusals are durable, each whole; Unavailable where they are not."""
        messages = []
        for each in refusals:
            metrics.refused.labels(each.kind).inc()
            counted = _Counted(
                principal.source.partition("#")[0], principal.name, each.kind.value, each.rule
            )
            digest = hashlib.sha256(each.raw).hexdigest()
            messages.append(self._message(counted, each, digest, whole=True))
        if messages:
            await self._send(messages)

    async def run(self) -> None:
        """Sends what is noted, until cancelled; then what is left, where Kafka takes it at once."""
        reported = self._clock()
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                if self._clock() - reported >= COUNT_SECONDS:
                    reported = self._clock()
                    self._report()
                await self._flush()
        finally:
            self._report()
            await self._flush()

    async def _flush(self) -> None:
        some, self._listed = self._listed, []
        if not some:
            return
        try:
            await self._send(some)
        except (Unavailable, TooLarge) as error:
            log.warning("refusals wait for kafka", count=len(some), why=error.message)
            self._listed = (some + self._listed)[:WAITING]

    def _report(self) -> None:
        """Makes messages of the counts; each has an id of its own, so nothing counts twice."""
        counts, self._counts = self._counts, {}
        for each, count in counts.items():
            reason = f"{count} more were refused for this rule: counted, not listed"
            identity = f"{self._process}/{time.time_ns()}/{each}"
            self._listed.append(_encoded(identity, each, "", reason, b"", {"count": str(count)}))

    def _message(
        self, counted: _Counted, one: Refusal, digest: str, *, whole: bool = False
    ) -> bytes:
        body = one.raw if whole or len(one.raw) <= self._body_bytes else b""
        more = {"count": "1", "digest": digest, "bytes": str(len(one.raw))}
        identity = f"{counted}{one.path}/{digest}"
        return _encoded(identity, counted, one.path, one.reason, body, more)

    def _count(self, counted: _Counted) -> None:
        if counted not in self._counts and len(self._counts) >= COUNTED:
            counted = counted._replace(rule="any")
        self._counts[counted] = self._counts.get(counted, 0) + 1

    def _has_room(self, name: str) -> bool:
        left, at = self._left.get(name, (float(self._hourly), self._clock()))
        now = self._clock()
        left = min(float(self._hourly), left + (now - at) * self._hourly / HOUR)
        self._left[name] = (left, now)
        return left >= 1

    def _pay(self, name: str) -> None:
        left, at = self._left[name]
        self._left[name] = (left - 1, at)

    def _is_known(self, text: str) -> bool:
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = key in self._known
        self._known[key] = None
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known


def refusals_of(
    error: ApiError | XapiError, sent: bytes, kind: Kind = Kind.REFUSED
) -> list[Refusal]:
    """What an error says of what was sent: of a batch each statement that breaks a rule."""
    every = [error, *(error.others or ())] if isinstance(error, XapiError) else [error]
    raws: list[Raw] = []
    if _PLACE.match(error.path):
        with contextlib.suppress(ValueError, RecursionError):
            raws = _divided.decode(sent)
    return [_refusal(each, raws, sent, kind) for each in every]


def _refusal(error: ApiError | XapiError, raws: Sequence[Raw], sent: bytes, kind: Kind) -> Refusal:
    place = _PLACE.match(error.path)
    number = int(place[1]) if place else len(raws)
    raw = bytes(raws[number]) if number < len(raws) else sent
    rule = error.rule if isinstance(error, XapiError) else error.message
    return Refusal(kind, error.path, rule, error.section, raw)


def _encoded(
    identity: str, counted: _Counted, path: str, reason: str, body: bytes, more: dict[str, str]
) -> bytes:
    said = {"credential": counted.credential, "rule": counted.rule, **more}
    return rejected(
        identity,
        source=counted.source,
        kind=Kind(counted.kind),
        reason=reason[:LONGEST],
        path=path[:LONGEST],
        body=body,
        headers=said,
        at=datetime.now(UTC),
    )
