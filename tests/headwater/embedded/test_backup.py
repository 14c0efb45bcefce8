"""A backup is whole or refused, a restore overwrites nothing, and neither touches a running one."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.cli import build
from headwater.embedded.backup import BackupError, back_up, restore
from headwater.embedded.datafolder import DataFolder
from headwater.errors import StackError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = DataFolder(tmp_path / "data")
    data.take()
    data.connections(data.secrets().github)
    for name, content in {
        "kafka/log/00.log": b"\x00" * 100_000,
        "kafka/log/topic-0/empty": b"",
        "warehouse/store/dätä": os.urandom(300_000),
        "warehouse/config.xml": b"<here/>",
        "kafka/server.properties": b"log.dirs=/here/kafka/log",
        "run/supervisor.json": b"{}",
        "logs/lrs.log": b"of this machine",
        "stack.json": b"{}",
    }.items():
        path = data.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (data.path / "warehouse" / "link").symlink_to("store")
    (data.path / "lrs").mkdir()
    data.release()
    return data.path


def listing(folder: Path) -> dict[str, bytes | str | None]:
    return {
        path.relative_to(folder).as_posix(): (
            str(path.readlink())
            if path.is_symlink()
            else path.read_bytes()
            if path.is_file()
            else None
        )
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz", "b.tgz", ""])
def test_what_is_backed_up_is_restored(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "kept").mkdir()
    made = back_up(folder, tmp_path / "kept" / name)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [made.path.name]
    before = listing(folder)
    folder.rename(tmp_path / "away")
    again = restore(made.path, tmp_path / "somewhere" / "else")
    after = listing(again.path)
    assert again.path.stat().st_mode & 0o777 == 0o700
    of_this_machine = {
        "lock", "run", "run/supervisor.json", "logs", "logs/lrs.log", "stack.json",
        "warehouse/config.xml", "kafka/server.properties",
    }  # fmt: skip
    assert after == {name: what for name, what in before.items() if name not in of_this_machine}
    assert (made.files, made.bytes) == (again.files, again.bytes)
    DataFolder(again.path).take()


def test_a_running_stack_is_refused(folder: Path, tmp_path: Path) -> None:
    holder = DataFolder(folder)
    holder.hold()
    with pytest.raises(BackupError, match=r"a stack runs in .* To fix: stop it"):
        back_up(folder, tmp_path / "b.tar")
    holder.release()
    for store in ("kafka", "warehouse"):
        part = DataFolder(folder / store)
        part.hold()
        with pytest.raises(BackupError, match=f"{store} runs on"):
            back_up(folder, tmp_path / "b.tar")
        part.release()
        (folder / store / "lock").unlink()
    assert not (tmp_path / "b.tar").exists()


def test_nothing_is_overwritten(folder: Path, tmp_path: Path) -> None:
    made = back_up(folder, tmp_path)
    with pytest.raises(BackupError, match="is there already"):
        back_up(folder, made.path)
    before = listing(folder)
    with pytest.raises(BackupError, match="nothing is overwritten"):
        restore(made.path, folder)
    assert listing(folder) == before
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="nothing is overwritten"):
        restore(made.path, tmp_path / "file")
    (tmp_path / "empty").mkdir()
    restore(made.path, tmp_path / "empty")


def test_a_backup_never_lies_in_what_it_is_of(folder: Path, tmp_path: Path) -> None:
    for target in (folder, folder / "b.tar"):
        with pytest.raises(BackupError, match="in the data folder itself"):
            back_up(folder, target)
    for target, said in (
        (tmp_path / "b.zip", "does not end in"),
        (tmp_path / "no/b.tar", "make it"),
    ):
        with pytest.raises(BackupError, match=said):
            back_up(folder, target)
    with pytest.raises(BackupError, match="is no data folder"):
        back_up(tmp_path / "nothing", tmp_path / "b.tar")


def test_a_backup_without_its_key_is_not_made(folder: Path, tmp_path: Path) -> None:
    (folder / "secrets.json").write_text("{")
    with pytest.raises(StackError, match=r"secrets\.json cannot be used"):
        back_up(folder, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()
    DataFolder(folder).hold()


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_one_that_was_cut_off_is_refused_and_leaves_nothing(
    folder: Path, tmp_path: Path, name: str, share: float
) -> None:
    made = back_up(folder, tmp_path / name)
    whole = made.path.read_bytes()
    if name.endswith(".tar"):  # the last members end with blocks of zeros that say nothing
        whole = whole.rstrip(b"\x00")
    made.path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BackupError) as refused:
        restore(made.path, tmp_path / "new")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".new*"))


def test_one_byte_that_changed_is_found(folder: Path, tmp_path: Path) -> None:
    made = back_up(folder, tmp_path / "b.tar")
    whole = bytearray(made.path.read_bytes())
    at = whole.index((folder / "warehouse" / "store" / "dätä").read_bytes()[:64]) + 32
    whole[at] ^= 1
    made.path.write_bytes(whole)
    with pytest.raises(BackupError, match="store/dätä is not as it was"):
        restore(made.path, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("hello")
    with tarfile.open(tmp_path / "plain.tar", "w") as archive:
        archive.add(tmp_path / "a", "a")
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.add(tmp_path / "a", "../../evil")
    for name, said in (
        ("a", "no whole backup"),
        ("plain.tar", "not made by"),
        ("evil.tar", "outside"),
    ):
        with pytest.raises(BackupError, match=said):
            restore(tmp_path / name, tmp_path / "new")
    assert not (tmp_path.parent / "evil").exists()


def test_the_commands_say_what_they_did(folder: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    file, new = str(tmp_path / "b.tar.gz"), str(tmp_path / "new")
    done = run(build(), ["backup", file, "--data", str(folder)])
    assert done.exit_code == 0
    assert f"{folder} is in {file}: " in done.output
    done = run(build(), ["restore", file, "--data", new])
    assert done.exit_code == 0
    assert f"{new} is restored: " in done.output


def test_a_full_disk_leaves_nothing_and_is_one_line(folder: Path, tmp_path: Path) -> None:
    code = (
        "import resource; from pathlib import Path\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "from headwater.embedded.backup import back_up\n"
        f"back_up(Path({str(folder)!r}), Path({str(tmp_path / 'b.tar')!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "b.tar cannot be written" in done.stderr
    assert not list(tmp_path.glob("*.tar*"))
    assert not list(tmp_path.glob(".*.new"))
