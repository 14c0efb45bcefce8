"""Statements from a file into the LRS: four requests at once, resumable, nothing silently left out.

They go to the LRS's verdicts, so that a wrong line costs no other.

What was dealt with is kept in a ledger beside the file, so that an interrupted load goes on where
it stopped; statements carry the same ids in every load, so what is sent twice changes nothing.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from headwater.patience import NotNow, asked, reason_of, retrying, unreached
from headwater.statement_files import Batch, Line, StatementFile
from producers.polling.limits import PASSING

AT_ONCE = 4
#: How long an LRS may not answer, or say "not now", before a load is given up for the time being.
PATIENCE_SECONDS = 120.0
REQUEST_SECONDS = 60.0
CONNECT_SECONDS = 4.0

#: Where the LRS judges lines one by one (`lrs.statements.verdicts`); what it says of accepted ones.
VERDICTS = "/verdicts"
ACCEPTED = frozenset({"stored", "duplicate"})

Rejected = tuple[Line, str]


class LoadStopped(Exception):
    """The load cannot go on now; the same command goes on where it stopped."""


class Ledger:
    """What of a file an LRS has got: every line `through` one, and spans of lines beyond it."""

    def __init__(self, path: Path, digest: str, target: str) -> None:
        self.path = path
        self._key = {"digest": digest, "target": target}
        #: Of those sent, `there` were there already.
        self.through = self.sent = self.there = self.rejected = 0
        self.beyond: list[tuple[int, int]] = []
        #: Whether an earlier load of the same file to the same target was interrupted.
        self.resumed = self._read()

    def has(self, batch: Batch) -> bool:
        """Whether a batch was dealt with."""
        return batch.last <= self.through or (batch.first, batch.last) in self.beyond

    def holds(self, line: int) -> bool:
        """Whether a line was dealt with."""
        return line <= self.through or any(first <= line <= last for first, last in self.beyond)

    def note(self, batch: Batch, *, sent: int, rejected: int) -> None:
        """Writes down that a batch was dealt with."""
        self.sent += sent
        self.rejected += rejected
        self.beyond = sorted([*self.beyond, (batch.first, batch.last)])

    def settle(self, open_from: int) -> None:
        """Folds the spans before the first line that is not dealt with into `through`; saves."""
        while self.beyond and self.beyond[0][1] < open_from:
            self.through = max(self.through, self.beyond.pop(0)[1])
        self._write()

    def close(self) -> None:
        """Forgets everything: the load is finished."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> bool:
        try:
            kept = json.loads(self.path.read_text("utf-8"))
            if {name: kept[name] for name in self._key} != self._key:
                return False
            self.through, self.sent, self.rejected = (
                int(kept[name]) for name in ("through", "sent", "rejected")
            )
            self.there = int(kept.get("there", 0))
            self.beyond = [(int(first), int(last)) for first, last in kept["beyond"]]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True

    def _write(self) -> None:
        kept = {
            **self._key,
            "through": self.through,
            "beyond": self.beyond,
            "sent": self.sent,
            "there": self.there,
            "rejected": self.rejected,
        }
        new = self.path.with_name(self.path.name + ".new")
        new.write_text(json.dumps(kept), "utf-8")
        new.replace(self.path)


class Rejects:
    """The file of rejected lines, each with its number and the reason; made at the first one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, ledger: Ledger) -> None:
        """Leaves only what the ledger knows: the rest will be sent, and rejected, again."""
        if not self.path.exists():
            return
        kept = [
            line
            for line in self.path.read_bytes().splitlines(keepends=True)
            if line.endswith(b"\n") and ledger.holds(json.loads(line)["line"])
        ]
        if kept:
            self.path.write_bytes(b"".join(kept))
        else:
            self.path.unlink()

    def add(self, rejected: Sequence[Rejected]) -> None:
        """Appends lines."""
        if not rejected:
            return
        with self.path.open("a", encoding="utf-8") as file:
            for line, reason in rejected:
                said = {"line": line.number, "reason": reason, **_written(line.text)}
                file.write(json.dumps(said, ensure_ascii=False) + "\n")


class Loader:
    """Sends a file's batches; `told` hears how many lines each one dealt with, `waiting` why none.

    Raises LoadStopped; what was done until then is in the ledger.
    """

    def __init__(
        self,
        source: StatementFile,
        client: httpx.AsyncClient,
        ledger: Ledger,
        rejects: Rejects,
        told: Callable[[int], None] = lambda lines: None,
        patience: float = PATIENCE_SECONDS,
        waiting: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.source, self.client, self.ledger, self.rejects = source, client, ledger, rejects
        self._told = told
        self._patience = patience
        self._waiting = waiting
        self._pending: list[Batch] = []
        self._taken = 0
        self._stopping = False

    async def run(self) -> None:
        """Sends everything that the ledger does not have."""
        self.rejects.keep(self.ledger)
        batches = self.source.batches()
        workers = [asyncio.create_task(self._work(batches)) for _ in range(AT_ONCE)]
        try:
            # When one has to stop the others finish what they have begun.
            ended = await asyncio.gather(*workers, return_exceptions=True)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error
        self.ledger.close()

    async def _work(self, batches: Iterator[Batch]) -> None:
        for batch in batches:
            if self._stopping:
                return
            self._taken = batch.last
            if self.ledger.has(batch):
                self._told(len(batch))
                continue
            self._pending.append(batch)
            try:
                await self._tell(batch)  # first: where it stops, nothing of the batch is sent
                rejected = [*batch.unreadable, *await self._send(batch.lines)]
            except BaseException:
                self._stopping = True
                raise
            self.rejects.add(sorted(rejected))
            self._pending.remove(batch)
            self.ledger.note(batch, sent=len(batch) - len(rejected), rejected=len(rejected))
            self.ledger.settle(min((b.first for b in self._pending), default=self._taken + 1))
            self._told(len(batch))

    async def _tell(self, batch: Batch) -> None:
        """Sends what is no statement too, so that the LRS counts and lists its refusal."""
        lines = [line._replace(body=line.text) for line, _ in batch.unreadable]
        if lines:
            await self._send(lines)

    async def _send(self, lines: Sequence[Line]) -> list[Rejected]:
        """Sends statements until each has its verdict; those that were refused, with the reason."""
        if not lines:
            return []
        sending = _Sending(list(lines))
        try:
            await retrying(self._patience, self._waiting)(self._once, sending)
        except NotNow as error:
            raise LoadStopped(f"{error}, for {self._patience:.0f} s") from error
        self.ledger.there += sending.there
        return sending.rejected

    async def _once(self, sending: "_Sending") -> None:
        """Posts what has no verdict yet."""
        try:
            answer = await self.client.post(VERDICTS, content=sending.body)
        except httpx.TransportError as error:
            said = unreached(error, str(self.client.base_url))
            raise NotNow(f"the LRS {said}") from error
        if answer.is_success:
            sending.judge(json.loads(line) for line in answer.content.splitlines())
            return
        said = f"{answer.status_code} {reason_of(answer)}"
        if answer.status_code in PASSING:
            raise NotNow(f"the LRS says: {said}", asked(answer.headers.get("retry-after")))
        raise LoadStopped(f"the LRS says: {said}")


class _Sending:
    """Lines on their way: those without a verdict, and those that were refused."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.rejected: list[Rejected] = []
        self.there = 0

    @property
    def body(self) -> bytes:
        """The lines without a verdict, one a line: outside its strings JSON may be divided."""
        return b"\n".join(line.body.replace(b"\n", b" ") for line in self.lines)

    def judge(self, verdicts: Iterable[dict[str, Any]]) -> None:
        """Takes verdicts; raises where not all lines have one."""
        judged, stopped = 0, None
        for verdict in verdicts:
            if verdict["verdict"] == "stopped":
                stopped = verdict
                break
            if verdict["verdict"] not in ACCEPTED:
                reason = f"{verdict['verdict']}: {verdict.get('message') or verdict.get('rule')}"
                self.rejected.append((self.lines[judged], reason))
            self.there += verdict["verdict"] == "duplicate"
            judged += 1
        del self.lines[:judged]
        if stopped and stopped["status"] not in PASSING:
            raise LoadStopped(f"the LRS says: {stopped['status']} {stopped['message']}")
        if self.lines:
            said = f"{stopped['status']} {stopped['message']}" if stopped else "nothing more"
            raise NotNow(f"the LRS says: {said}")


def client(
    url: str,
    login: tuple[str, str],
    transport: httpx.AsyncBaseTransport | None = None,
    version: str = "1.0.3",
) -> httpx.AsyncClient:
    """A client of an LRS's verdicts; the statements are held to the rules of `version`."""
    return httpx.AsyncClient(
        base_url=url,
        auth=login,
        headers={"X-Experience-API-Version": version, "Content-Type": "application/x-ndjson"},
        timeout=httpx.Timeout(REQUEST_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=AT_ONCE),
        trust_env=False,
        transport=transport,
    )


def _written(text: bytes) -> dict[str, Any]:
    try:
        return {"text": text.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(text).decode("ascii")}
