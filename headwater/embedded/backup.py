"""A data folder as one file, and back: what a stopped stack needs to go on elsewhere.

The file is a tar, or a gzipped one. Its last member, `backup.json`, lists every file with its size
and SHA-256, so that what was cut off or changed on the way is refused before it replaces anything.
What belongs to the machine or to one run (locks, logs, the state of processes, addresses) stays
out. A running stack is refused: its log, tables and offsets are written one after another, so that
a copy made meanwhile is of no moment at all.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from headwater.embedded import contents
from headwater.embedded.datafolder import VERSION, DataFolder, is_held
from headwater.errors import DataFolderBusy, StackError

MANIFEST = "backup.json"
FORMAT = 1
#: Made anew at each start, or true of one machine and one run alone.
LEFT_OUT = frozenset(
    {
        "lock", "run", "logs", "worker", "stack.json", "lost+found",
        "kafka/lock", "kafka/server.properties", "kafka/java-crash.log",
        "warehouse/lock", "warehouse/config.xml", "warehouse/users.xml", "warehouse/store/status",
        # Second links of files that are in the backup.
        "warehouse/definitions",
    }
)  # fmt: skip
#: What reading a file raises that is no backup, or not a whole one.
_BROKEN = (
    tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, KeyError, TypeError
)  # fmt: skip


class BackupError(StackError):
    """A backup that cannot be made or put back: what, and what to do."""


@dataclass(frozen=True)
class Made:
    """A backup: where it is, and how many files with how many bytes are in it."""

    path: Path
    files: int
    bytes: int


def back_up(folder: Path, target: Path) -> Made:
    """Writes a stopped stack's folder to `target`, or to a new file in it; whole or not at all."""
    held = _held(folder)
    try:
        path = _named(held.path, target)
        new = path.with_name(f".{path.name}.new")
        try:
            made = _write(held.path, new)
            new.replace(path)
        except OSError as error:
            raise BackupError(
                f"{path} cannot be written: {error}. To fix: free some space, or name another file."
            ) from error
        finally:
            new.unlink(missing_ok=True)
        return Made(path, made.files, made.bytes)
    finally:
        held.release()


def restore(file: Path, folder: Path) -> Made:
    """Makes a data folder of a backup; it is there once every file of it was proved."""
    target = folder.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(
            f"{target} holds something already, and nothing is overwritten. "
            "To fix: name a new folder with --data, or move that one away."
        )
    beside = target.with_name(f".{target.name}.restoring")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o700, parents=True)
        with tarfile.open(file) as archive:
            archive.extractall(beside, filter="data")
        made = _proved(beside, file)
        (beside / MANIFEST).unlink()
        _sync(beside)
        if target.exists():
            target.rmdir()
        beside.rename(target)
    except _BROKEN as error:
        raise BackupError(
            f"{file} is no whole backup ({_why(error)}). To fix: use another copy of it."
        ) from error
    except OSError as error:
        raise BackupError(
            f"{file} cannot be restored to {target}: {error}. To fix: see the message."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Made(target, made.files, made.bytes)


def _why(error: Exception) -> str:
    said = " ".join(str(error).split())
    if isinstance(error, tarfile.ReadError) and "could not be opened" in said:
        return "it is no tar, or cut off at its beginning"
    return said or "it is cut off"


def _held(folder: Path) -> DataFolder:
    if not (folder / "version").exists() or not (folder / "secrets.json").exists():
        raise BackupError(
            f"{folder.resolve()} is no data folder of a stack. To fix: name it with --data."
        )
    held = DataFolder(folder)
    try:
        held.hold()
    except DataFolderBusy as error:
        raise BackupError(
            f"a stack runs in {held.path}, and a copy made meanwhile would be of no one moment. "
            "To fix: stop it (Ctrl-C), make the backup, and start it again."
        ) from error
    except OSError as error:
        raise BackupError(
            f"{held.path} cannot be read: {error}. To fix: see the message."
        ) from error
    try:
        for store in contents.SIGNS:
            if is_held(held.path / store):
                raise BackupError(f"{store} runs on {held.path / store}. To fix: stop it first.")
        held.secrets()  # a backup without its key would be none
    except StackError:
        held.release()
        raise
    return held


def _named(folder: Path, target: Path) -> Path:
    path = target.resolve()
    if path.is_dir():
        path /= f"headwater-{folder.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    elif not path.name.endswith((".tar", ".tar.gz", ".tgz")):
        raise BackupError(
            f"{target} is no folder, and its name does not end in .tar or .tar.gz. "
            "To fix: name a folder that is there, or such a file."
        )
    if path.exists():
        raise BackupError(f"{path} is there already. To fix: name another file.")
    if path.is_relative_to(folder):
        raise BackupError(
            f"{path} lies in the data folder itself. To fix: name a place outside of it."
        )
    if not path.parent.is_dir():
        raise BackupError(f"there is no folder {path.parent}. To fix: make it first.")
    return path


def _write(folder: Path, new: Path) -> Made:
    members: dict[str, dict[str, Any]] = {}
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    zipped = not new.name.endswith(".tar.new")
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz" if zipped else "w", **_pace(zipped)) as archive:
            for path in _walked(folder):
                name = path.relative_to(folder).as_posix()
                member = archive.gettarinfo(path, name)
                member.uid = member.gid = 0  # whoever restores it owns it
                member.uname = member.gname = ""
                if not member.isfile():
                    archive.addfile(member)
                    continue
                with path.open("rb") as file:
                    read = _Hashed(file)
                    archive.addfile(member, read)
                members[name] = {"bytes": member.size, "sha256": read.digest.hexdigest()}
            _add_manifest(archive, members)
        raw.flush()
        os.fsync(raw.fileno())
    return Made(new, len(members), sum(each["bytes"] for each in members.values()))


def _pace(zipped: bool) -> dict[str, Any]:
    return {"compresslevel": 1} if zipped else {}  # most of it is compressed already


def _walked(folder: Path) -> Iterator[Path]:
    """Everything of a folder that a backup holds, folders before what is in them."""
    waiting = [folder]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.relative_to(folder).as_posix() in LEFT_OUT or not _keeps(path):
                continue
            yield path
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)


def _keeps(path: Path) -> bool:
    return path.is_symlink() or path.is_dir() or path.is_file()  # no sockets, no pipes


class _Hashed:
    """A file that is read once, and hashed on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        some = self._file.read(size)
        self.digest.update(some)
        return some


def _add_manifest(archive: tarfile.TarFile, members: dict[str, dict[str, Any]]) -> None:
    made = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = {"format": FORMAT, "version": VERSION, "made": made, "files": members}
    text = json.dumps(manifest).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size = len(text)
    member.mode = 0o600
    archive.addfile(member, io.BytesIO(text))


def _proved(folder: Path, file: Path) -> Made:
    """Raises BackupError unless every file that the manifest names is there as it was."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BackupError(f"{file} has no {MANIFEST}: it was not made by `headwater backup`.")
    manifest = json.loads(path.read_text("utf-8"))
    if manifest["format"] > FORMAT or manifest["version"] > VERSION:
        raise BackupError(f"{file} was made by a newer version. To fix: update Headwater.")
    there = {p.relative_to(folder).as_posix() for p in _files(folder)} - {MANIFEST}
    listed: dict[str, dict[str, Any]] = manifest["files"]
    for name in sorted(there ^ listed.keys()):
        raise BackupError(f"{file} is damaged: {name} is {'more' if name in there else 'missing'}.")
    for name, said in listed.items():
        with (folder / name).open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != said["sha256"]:
                raise BackupError(f"{file} is damaged: {name} is not as it was.")
    return Made(folder, len(listed), sum(said["bytes"] for said in listed.values()))


def _files(folder: Path) -> Iterator[Path]:
    return (p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def _sync(folder: Path) -> None:
    """A folder that is called restored survives a power cut."""
    for path in _files(folder):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
