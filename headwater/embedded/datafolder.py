"""The data folder: whose it is, which version wrote it, the secrets made for it."""

import fcntl
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from headwater.embedded.errors import CannotStart, DataFolderBusy
from headwater.embedded.supervisor import MARK

#: Raised when an older Headwater could not go on with what this one writes.
VERSION = 1
LEAST_DISK = 2 << 30
LEAST_MEMORY = 3 << 29
WAREHOUSE_USERS = ("headwater", "analyst", "viewer")


@dataclass(frozen=True, repr=False)
class Secrets:
    """What the stack made for itself on its first start."""

    lrs: str
    warehouse: dict[str, str]
    pseudonym_key: str
    github: str
    page: str

    @classmethod
    def made(cls) -> Self:
        """Make new ones."""
        return cls(
            lrs=secrets.token_hex(16),
            warehouse={user: secrets.token_hex(16) for user in WAREHOUSE_USERS},
            pseudonym_key=secrets.token_hex(32),
            github=secrets.token_hex(20),
            page=secrets.token_hex(12),
        )


class DataFolder:
    """A data folder held by this process until `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock = -1

    def take(self, *, synthetic: bool = False) -> None:
        """Make the folder if need be, hold it, and check that this version may go on with it.

        Raises `DataFolderBusy` or `CannotStart`, each one line.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._check_ours()
            self._hold()
            self._check_version()
            self.path.chmod(0o700)
            self._check_kind(synthetic)
        except OSError as error:
            raise CannotStart(
                "headwater",
                f"the data folder cannot be used: {error}",
                "make it writable, or name another with --data",
            ) from error
        self._check_space()

    def release(self) -> None:
        """Let another process have the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def secrets(self) -> Secrets:
        """Return the folder's secrets, made on first use."""
        path = self.path / "secrets.json"
        if not path.exists():
            write_private(path, vars(Secrets.made()))
        return Secrets(**json.loads(path.read_text()))

    def connections(self, github: str) -> Path:
        """Return the path of connections.toml; the first start writes one for GitHub."""
        path = self.path / "connections.toml"
        secret = self.path / "secrets" / "github"
        if not secret.exists():
            secret.parent.mkdir(mode=0o700, exist_ok=True)
            write_private(secret, github)
        if not path.exists():
            path.write_text(
                "# Work tools that may send their events: one [[connection]] each.\n"
                "# `headwater up` prints the address to paste into the tool.\n\n"
                "[[connection]]\n"
                'name = "github"\n'
                'connector = "github"\n'
                f"secret = {json.dumps(f'file:{secret}')}\n"
            )
        return path

    def end_leftovers(self) -> list[int]:
        """Kill processes of an earlier stack on this folder; return their ids when all are gone."""
        left = [process for process in psutil.process_iter() if self._is_ours(process)]
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=5)
        return [process.pid for process in left]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return (
                process.pid != os.getpid()
                and process.uids().real == os.getuid()
                and process.environ().get(MARK) == str(self.path)
            )
        except (psutil.Error, OSError):
            return False

    def _hold(self) -> None:
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._lock, 20, 0).decode().strip()
            os.close(self._lock)
            self._lock = -1
            raise DataFolderBusy(
                f"headwater cannot start: another `headwater up` (process {holder or '?'}) uses "
                f"{self.path}. To fix: stop it, or name another folder with --data."
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)

    def _check_ours(self) -> None:
        found = {entry.name for entry in self.path.iterdir()} - {"lost+found"}
        if found and not found & {"version", "lock"}:
            raise CannotStart(
                "headwater",
                f"{self.path} holds other files and was not made by Headwater",
                "name an empty or a new folder with --data",
            )

    def _check_version(self) -> None:
        path = self.path / "version"
        if not path.exists():
            path.write_text(f"{VERSION}\n")
            return
        text = path.read_text().strip()
        if not text.isdigit() or int(text) > VERSION:
            raise CannotStart(
                "headwater",
                f"{self.path} was written by a newer version (its format is {text[:20] or '?'}, "
                f"this one knows {VERSION})",
                "update Headwater, or name another folder with --data",
            )

    def _check_kind(self, synthetic: bool) -> None:
        path = self.path / "synthetic"
        fresh = not (self.path / "secrets.json").exists()
        if fresh and synthetic:
            path.touch()
        if path.exists() != synthetic:
            holds, wants = ("synthetic", "real") if path.exists() else ("real", "synthetic")
            raise CannotStart(
                "headwater",
                f"{self.path} holds {holds} data, and {wants} data never share a folder with it",
                "name another folder with --data",
            )

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < LEAST_DISK:
            raise CannotStart(
                "headwater",
                f"only {_gib(free)} of disk are free for {self.path}, it needs {_gib(LEAST_DISK)}",
                "free some, or name a folder on another disk with --data",
            )
        memory = available_memory()
        if memory < LEAST_MEMORY:
            raise CannotStart(
                "headwater",
                f"only {_gib(memory)} of memory are free, it needs {_gib(LEAST_MEMORY)}",
                "end other programs, or use a larger machine",
            )


def available_memory() -> int:
    """Bytes that new processes may use, a container's limit included."""
    available = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        files = next(
            int(line.split()[1])
            for line in (group / "memory.stat").read_text().splitlines()
            if line.startswith("inactive_file ")
        )
    except (OSError, ValueError, StopIteration):
        return int(available)
    return min(int(available), limit - used + files)


def write_private(path: Path, content: Any) -> None:
    """Write a file that only its owner can read, whole or not at all; anything but text as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, indent=1) + "\n"
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
