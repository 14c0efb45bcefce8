"""docs/connecting.md and the README, as somebody follows them: each connection can be read."""

import re
from pathlib import Path

import pytest

from producers.connections import load
from producers.registry import all_connectors

REPOSITORY = Path(__file__).parents[2]
BLOCK = re.compile(r"^```toml\n(\[\[connection\]\].*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    pages = ("README.md", "docs/connecting.md")
    return [
        block for page in pages for block in BLOCK.findall((REPOSITORY / page).read_text("utf-8"))
    ]


@pytest.mark.parametrize("block", blocks())
def test_a_connection_that_is_shown_can_be_read(tmp_path: Path, block: str) -> None:
    named = re.findall(r'"file:(secrets/[\w-]+)"', block)
    assert named
    (tmp_path / "secrets").mkdir()
    for secret in named:
        (tmp_path / secret).write_text("a-secret-of-this-test\n", "utf-8")
    connections = tmp_path / "connections.toml"
    connections.write_text(block, "utf-8")
    assert load(connections)


@pytest.mark.parametrize("connector", sorted(all_connectors()))
def test_every_tool_is_shown(connector: str) -> None:
    assert any(f'connector = "{connector}"' in block for block in blocks())
