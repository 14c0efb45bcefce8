"""What goes wrong around the warehouse, for tests and benchmarks: greedy readers, full disks.

Each is a context manager that ends what it began. A URL carries its login:
`http://analyst:password@127.0.0.1:8123`.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx

#: Takes memory until it is refused; as many as there are.
BOMB = (
    "SELECT number, groupArray(number) FROM numbers_mt(1000000000) "
    "GROUP BY number % 10000000 AS number FORMAT Null"
)
#: Takes a processor until it is ended, and hardly any memory.
ENDLESS = "SELECT sum(sipHash64(number)) FROM numbers_mt(1000000000000)"

#: A client that was told to wait asks again after so many seconds, whatever it was told.
PAUSE = 0.1


@contextmanager
def asking(url: str, sql: str, clients: int) -> Iterator[Counter[str]]:
    """So many clients ask the same again and again, until the block ends.

    Gives what they were answered: HTTP statuses, `busy` where that came with Retry-After, and
    `none` where no answer came.
    """
    answers: Counter[str] = Counter()
    ended = threading.Event()

    def ask(client: httpx.Client) -> None:
        while not ended.is_set():
            try:
                answer = client.post("/", content=sql)
            except (httpx.HTTPError, RuntimeError):  # closed under it: the block has ended
                answers["none"] += 1
            else:
                answers[str(answer.status_code)] += 1
                if "retry-after" in answer.headers:
                    answers["busy"] += 1
            ended.wait(PAUSE)

    several = [httpx.Client(base_url=url, timeout=90) for _ in range(clients)]
    threads = [threading.Thread(target=ask, args=(client,), daemon=True) for client in several]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for client in several:
            client.close()  # the warehouse ends what a client that left had asked
        for thread in threads:
            thread.join(100)


def memory_bombs(url: str, clients: int = 8) -> AbstractContextManager[Counter[str]]:
    """Readers whose queries take all the memory that they are given."""
    return asking(url, BOMB, clients)


def endless_queries(url: str, clients: int = 8) -> AbstractContextManager[Counter[str]]:
    """Readers whose queries do not end."""
    return asking(url, ENDLESS, clients)


def on_small_disk(command: list[str], folder: Path, size: int) -> list[str]:
    """The command, to be run with a file system of so many bytes of its own at `folder`.

    It is mounted for that process and its children alone, and ends with them; `seen` is how others
    reach it. Needs `unshare` and `mount` (util-linux), not root.
    """
    script = 'mount -t tmpfs -o size="$1",mode=700 tmpfs "$2" && shift 2 && exec "$@"'
    own = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    return [*own, str(size), str(folder), *command]


def seen(process: int, folder: Path) -> Path:
    """A folder as a process sees it."""
    return Path(f"/proc/{process}/root{folder}")


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """The file system of this folder is full to the last byte, until the block ends."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with suppress(OSError):
                    while True:
                        file.write(os.urandom(size))
        yield
    finally:
        ballast.unlink(missing_ok=True)
