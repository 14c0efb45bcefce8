"""The order of the files: those that are said to take longest are there."""

from tests.conftest import LONGEST, REPOSITORY


def test_the_longest_files_are_there() -> None:
    assert [name for name in LONGEST if not (REPOSITORY / "tests" / name).is_file()] == []
