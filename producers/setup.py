"""How a tool is connected, in its own words: `setup.toml` in its connector's folder.

`headwater connectors add` asks by it and says by it what to paste where; nothing else reads it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from producers import connectors


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Secret(_Told):
    """What signs deliveries."""

    #: As the tool calls it.
    called: str
    #: Whether the tool takes one of ours; else it gives one of its own, which stands `where`.
    ours: bool
    where: str = ""


class Token(_Told):
    """With what the tool is asked."""

    called: str
    #: Where the tool gives one.
    where: str
    #: What one must be allowed, in the tool's words.
    permissions: tuple[str, ...] = ()


class Door(_Told):
    """Where the tool is told to deliver."""

    #: The form, or the page, in the tool.
    where: str
    #: Its fields and what they are filled with: `{address}` and `{secret}` stand for ours.
    fields: Mapping[str, str]
    events_called: str
    #: Which events are ticked there.
    events: tuple[str, ...]
    #: Whether it must be filled in before the tool has a secret.
    first: bool = False


class Setup(_Told):
    """How a tool is connected."""

    #: Options that are asked for beside those that must be there.
    asks: tuple[str, ...] = ()
    #: What is done in the tool before anything is asked, and after all.
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    secret: Secret | None = None
    token: Token | None = None
    door: Door | None = None


@cache
def setup_of(connector: str) -> Setup:
    """How the tool of a connector is connected; for one that does not say, by its declaration."""
    file = files(f"{connectors.__name__}.{connector}") / "setup.toml"
    if not file.is_file():
        return Setup()
    return Setup.model_validate(tomllib.loads(file.read_text("utf-8")))
