"""The data folder: whose it is, which version wrote it, the secrets made for it.

Nothing in it names where it stands, so that it can be moved, copied and put back elsewhere.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from headwater.embedded import contents, private
from headwater.embedded.supervisor import MARK
from headwater.errors import CannotStart, DataFolderBusy

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

    @classmethod
    def read(cls, path: Path) -> Self:
        """The secrets of a file; raises CannotStart where one is missing or none."""
        found = contents.object_of(path)
        if lacking := sorted(cls.__dataclass_fields__.keys() - found.keys()):
            raise contents.damaged(path, f"it lacks {', '.join(lacking)}")
        kept = cls(**{name: found[name] for name in cls.__dataclass_fields__})
        users = kept.warehouse if isinstance(kept.warehouse, dict) else {}
        texts = [kept.lrs, kept.pseudonym_key, kept.github, kept.page]
        texts += [users.get(user) for user in WAREHOUSE_USERS]  # type: ignore[misc]
        if not all(isinstance(text, str) and text for text in texts):
            raise contents.damaged(path, "one of its secrets is empty or not a text")
        if not re.fullmatch("([0-9a-f]{2}){16,}", kept.pseudonym_key):
            raise contents.damaged(path, "its pseudonym_key is not the hex that was made")
        return kept


class DataFolder:
    """A data folder held by this process until `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock = -1
        #: What was found odd, and put right; for whoever started the stack.
        self.told: list[str] = []

    def take(self, *, synthetic: bool = False) -> None:
        """Make the folder if need be, hold it, and check that this version may go on with it.

        Raises `DataFolderBusy` or `CannotStart`, each one line.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._check_owner()
            self._check_ours()
            self.hold()
            self._check_version()
            self.path.chmod(0o700)
            self._check_kind(synthetic)
        except OSError as error:
            self.release()
            raise _unusable(error) from error
        except CannotStart:
            self.release()
            raise
        self._check_space()

    def release(self) -> None:
        """Let another process have the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def secrets(self) -> Secrets:
        """Return the folder's secrets, made on the first start and never again.

        Raises CannotStart where they are gone or damaged: with a new key of pseudonyms every person
        would become two.
        """
        path = self.path / "secrets.json"
        if not os.path.lexists(path):
            if not contents.is_new(self.path):
                raise contents.missing(
                    path, "it holds the key of the pseudonyms, and a new one makes two of everybody"
                )
            write_private(path, vars(Secrets.made()))
        return Secrets.read(path)

    def connections(self, github: str, others: Mapping[str, str] | None = None) -> Path:
        """Return the path of connections.toml; the first start writes one for GitHub.

        `others` are the lines of a demo's connections, by name; their secrets are made, too.
        Raises CannotStart where it cannot be used, by line.
        """
        try:
            return self._connections(github, others or {})
        except OSError as error:
            raise _unusable(error) from error

    def _connections(self, github: str, others: Mapping[str, str]) -> Path:
        path = self.path / "connections.toml"
        new = contents.is_new(self.path) or not (self.path / "logs").exists()
        self._secret("github", github, new=new)
        if not path.exists():
            made = "a demo's tools" if others else "GitHub alone"
            self._tell(
                f"{path} was missing and is made anew for {made}: other tools' connections "
                "have to be written again",
                unless=new,
            )
            for name in re.findall('"file:secrets/([^"]+)"', "".join(others.values())):
                self._secret(name, secrets.token_hex(20), new=True)
            write_private(
                path,
                "# Work tools that may send their events: one [[connection]] each.\n"
                "# `headwater up` prints the address to paste into the tool.\n\n"
                "[[connection]]\n"
                'name = "github"\n'
                'connector = "github"\n'
                'secret = "file:secrets/github"\n' + "".join(others.values()),
            )
        self._make_relative(path)
        return path

    def _secret(self, name: str, text: str, *, new: bool) -> None:
        """Makes the secret of a connection where it is missing."""
        path = self.path / "secrets" / name
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(path, text)
        self._tell(f"{path} was missing and is made anew from secrets.json", unless=new)

    def _make_relative(self, path: Path) -> None:
        """Let an older connections.toml name the folder's own files by their place in the folder.

        They were written with the path at which the folder stood then; the broker's own properties
        still say which that was.
        """
        text = changed = contents.text_of(path)
        for home in self._homes():
            for before in (f'"file:{home}/', json.dumps(f"file:{home}/")[:-1], f"'file:{home}/"):
                changed = changed.replace(before, f"{before[0]}file:")
        if changed != text:
            write_private(path, changed)
            self._tell("connections.toml names the folder's own files by relative paths now")

    def _homes(self) -> list[Path]:
        """Where the folder stands, and where it stood when its broker ran last."""
        homes = [self.path]
        properties = self.path / "kafka" / "server.properties"
        if properties.is_file():
            said = re.search(r"^log\.dirs=(.+)/kafka/log$", contents.text_of(properties), re.M)
            homes += [Path(said[1])] if said else []
        return homes

    def _tell(self, line: str, *, unless: bool = False) -> None:
        if not unless:
            self.told.append(line)

    def close_to_others(self) -> None:
        """Let nobody else read what an earlier version left open; no part may run meanwhile."""
        private.close(self.path)

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

    def hold(self) -> None:
        """Let no other process have the folder; raises DataFolderBusy where one has it."""
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._lock, 20, 0).decode("utf-8", "replace").strip()
            os.close(self._lock)
            self._lock = -1
            raise DataFolderBusy(
                f"headwater cannot start: another `headwater up` (process {holder or '?'}) uses "
                f"{self.path}. To fix: stop it, or name another folder with --data."
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)

    def _check_ours(self) -> None:
        found = {entry.name for entry in self.path.iterdir()} - {"lost+found", "kpis.toml"}
        if found and not found & {"version", "lock", "secrets.json"}:
            raise CannotStart(
                "headwater",
                f"{self.path} holds other files and was not made by Headwater",
                "name an empty or a new folder with --data",
            )

    def _check_owner(self) -> None:
        owner, user = self.path.stat().st_uid, os.geteuid()
        if user not in (owner, 0):
            raise CannotStart(
                "headwater",
                f"{self.path} belongs to the user {owner}, and this is the user {user}",
                f"start it as that user, or give the folder away: chown -R {user} {self.path}",
            )

    def _check_version(self) -> None:
        path = self.path / "version"
        if not os.path.lexists(path):
            if not contents.is_new(self.path):
                raise contents.missing(path, "it says which version wrote the folder")
            path.write_text(f"{VERSION}\n")
            return
        text = contents.text_of(path).strip()
        if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII):
            raise contents.damaged(path, f"it is no number of a version but {text[:20]!r}")
        if int(text) > VERSION:
            raise CannotStart(
                "headwater",
                f"{self.path} was written by a newer version (its format is {text}, "
                f"this one knows {VERSION})",
                "update Headwater, or name another folder with --data",
            )

    def _check_kind(self, synthetic: bool) -> None:
        mark = self.path / "synthetic"
        if contents.is_new(self.path) and synthetic:
            mark.touch()
        is_synthetic = contents.is_synthetic(self.path)
        if is_synthetic and not mark.exists():
            mark.touch()
            self._tell(f"{mark} was missing and is made anew: a demo made this folder")
        if is_synthetic != synthetic:
            holds, wants = ("synthetic", "real") if is_synthetic else ("real", "synthetic")
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


def is_held(folder: Path) -> bool:
    """Whether a process holds the folder now: a stack runs on it, not on one that it was copied
    from."""
    try:
        lock = os.open(folder / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _unusable(error: OSError) -> CannotStart:
    return CannotStart(
        "headwater",
        f"the data folder cannot be used: {error}",
        "make it writable, or name another with --data",
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
    private.write(
        path, content if isinstance(content, str) else json.dumps(content, indent=1) + "\n"
    )


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
