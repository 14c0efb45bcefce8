"""Kafka's jars: named by Maven coordinate, locked by SHA-256, kept in the user's cache.

`jgo.lock.toml` lists every jar with its checksum, so nothing is resolved at run time: what is
missing is downloaded, everything is verified, and a second start needs no network.
"""

import fcntl
import hashlib
import os
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headwater.errors import CannotStart

if TYPE_CHECKING:
    from rich.console import Console

LOCK = Path(__file__).with_name("jgo.lock.toml")
DOWNLOADS_AT_ONCE = 4

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Jar:
    """One locked jar."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies below a repository folder, as Maven lays it out."""
        name = f"{self.artifact}-{self.version}.jar"
        return Path(*self.group.split("."), self.artifact, self.version, name)


def cache_folder() -> Path:
    """Where downloads that several stacks share are kept."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "headwater"


def locked(lock: Path = LOCK) -> list[Jar]:
    """Read every jar from the lock file, Kafka's own first."""
    entries = tomllib.loads(lock.read_text())["dependencies"]
    return [Jar(e["groupId"], e["artifactId"], e["version"], e["sha256"]) for e in entries]


def class_path(progress: Progress | None = None, folder: Path | None = None) -> list[Path]:
    """Return the verified jars' paths, downloading those that are missing.

    `progress` is told (done, of) at first and as downloads end; never when nothing is missing.
    Raises `CannotStart` when a download fails or a jar is not what the lock says.
    """
    folder = folder or cache_folder() / "maven"
    jars = locked()
    missing = [jar for jar in jars if not _sound(folder / jar.path, jar)]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _download(missing, folder, progress)
    return [folder / jar.path for jar in jars]


def class_path_shown(console: "Console | None" = None) -> list[Path]:
    """Do the same with progress shown on a console; silent where nothing is missing."""
    from rich.progress import Progress

    progress = Progress(console=console)
    task = progress.add_task("downloading Kafka's jars", total=None)

    def tell(done: int, of: int) -> None:
        progress.start()
        progress.update(task, completed=done, total=of)

    try:
        return class_path(tell)
    finally:
        if progress.live.is_started:
            progress.stop()


def _download(missing: list[Jar], folder: Path, progress: Progress | None) -> None:
    import requests
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    staging = folder / ".partial"
    context = MavenContext(
        repo_cache=staging,
        local_repos=[settings.repo_cache],
        remote_repos={"central": MAVEN_CENTRAL_URL, **settings.repositories},
        timeout=30,
    )

    def fetch(jar: Jar) -> None:
        target = folder / jar.path
        if _sound(target, jar):
            return  # another start has just brought it
        (staging / jar.path).unlink(missing_ok=True)
        component = context.project(jar.group, jar.artifact).at_version(jar.version)
        found = component.artifact().resolve()
        if not _sound(found, jar):
            raise CannotStart(
                "kafka",
                f"{found.name} is not the file that jgo.lock.toml names (its SHA-256 differs)",
                "try again; if it persists, the repository in use serves another file",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        if found.is_relative_to(staging):
            found.replace(target)
        else:
            target.unlink(missing_ok=True)
            target.symlink_to(found)

    if progress:
        progress(0, len(missing))
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        try:
            for done, _ in enumerate(pool.map(fetch, missing), start=1):
                if progress:
                    progress(done, len(missing))
        except (requests.RequestException, RuntimeError, OSError) as error:
            pool.shutdown(wait=False, cancel_futures=True)
            raise CannotStart(
                "kafka",
                f"its jars could not be downloaded: {error}",
                "check the network (and HTTPS_PROXY), or name a Maven repository in "
                "~/.config/jgo.conf under [repositories]",
            ) from error


def _sound(path: Path, jar: Jar) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time write to the cache."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
