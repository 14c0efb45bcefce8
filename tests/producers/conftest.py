"""What became of payloads that tools, or others, published: told by tool when the tests end."""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from producers.connector import Disposition
from producers.intake import Taken

#: As the table has them; a rejected one is a payload that was not understood, and is kept.
SORTS = (Disposition.MAPPED, Disposition.IGNORED, Disposition.UNSUPPORTED, Disposition.REJECTED)
Published = Callable[[str, Iterable[Taken]], None]
_TOLD = pytest.StashKey[dict[str, Counter[Disposition]]]()


@pytest.fixture
def published(pytestconfig: pytest.Config) -> Published:
    """Notes what became of a tool's published payloads, for the table; each is one of the four."""
    every = pytestconfig.stash.setdefault(_TOLD, {})

    def noted(tool: str, found: Iterable[Taken]) -> None:
        told = [each.disposition for each in found]
        assert {*told} <= {*SORTS}
        every.setdefault(tool, Counter()).update(told)

    return noted


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The table by tool."""
    if not (every := config.stash.get(_TOLD, {})):
        return
    terminalreporter.write_sep("-", "published payloads, by what became of them")
    heads = ("tool", *(sort.value for sort in SORTS), "all")
    terminalreporter.write_line("".join(f"{head:>14}" for head in heads))
    for tool, found in sorted(every.items()):
        counts = [*(found[sort] for sort in SORTS), found.total()]
        terminalreporter.write_line(f"{tool:>14}" + "".join(f"{n:>14,}" for n in counts))
