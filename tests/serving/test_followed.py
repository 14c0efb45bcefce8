"""A file that is followed: what it says is in force when it has stood still, and is whole."""

import os
from pathlib import Path

import pytest

from serving.followed import STILL, FollowedFile


def number(text: str) -> int:
    return int(text)


@pytest.fixture
def followed(tmp_path: Path) -> FollowedFile[int]:
    return FollowedFile(tmp_path / "file", number, 0, wrong=ValueError, do="correct it")


def write(path: Path, text: str, age: float) -> None:
    """Writes a file that was changed so many seconds ago."""
    path.write_text(text)
    moved = path.stat().st_mtime - age
    os.utime(path, (moved, moved))


def test_what_a_file_says_is_taken_up_as_it_changes(followed: FollowedFile[int]) -> None:
    assert followed.now() == 0
    write(followed.path, "1", 0)
    assert followed.now() == 1, "at first it is read as it stands"
    write(followed.path, "22", 0)
    assert followed.now() == 1, "somebody may be in the midst of writing it"
    write(followed.path, "22", STILL + 0.1)
    assert followed.now() == 22
    followed.path.unlink()
    assert followed.now() == 0


def test_a_file_that_cannot_be_read_changes_nothing_and_is_told(
    followed: FollowedFile[int],
) -> None:
    write(followed.path, "1", 5)
    assert followed.now() == 1
    write(followed.path, "no number", 4)
    assert followed.now() == 1
    assert followed.problem is not None
    assert followed.problem.what == ("file cannot be taken up: what it said before is in force")
    assert followed.problem.do == "correct it"
    assert "invalid literal" in followed.problem.detail
    followed.path.write_bytes(b"\xff\xff\xff")
    os.utime(followed.path, (1, 1))
    assert followed.now() == 1
    assert followed.problem is not None
    write(followed.path, "3", 3)
    assert followed.now() == 3
    assert followed.problem is None
