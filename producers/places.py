"""Where people write, in tools that have places for it: channels, categories, sites.

What a place is for only the organisation knows, so a connection's options name it.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

#: Hosts of links by which nothing is shared to learn from: pictures, calls.
NO_SOURCES = (
    "giphy.com", "tenor.com", "gfycat.com", "zoom.us", "meet.google.com", "teams.microsoft.com",
    "whereby.com",
)  # fmt: skip


class Use(StrEnum):
    """What a place is for."""

    #: Work is talked about: who asks a question asks; the rest is as the tool's documentation says.
    WORK = "work"
    #: Whatever is begun there asks, whoever else replies helps.
    HELP = "help"
    #: Whatever is begun there is written down for peers.
    KNOWLEDGE = "knowledge"
    #: No learning: nothing of it is recorded.
    NONE = "none"


class Place(BaseModel):
    """A place that is named in a connection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The topic under which it is shown; without, its id, path or slug at the tool.
    name: str = ""
    use: Use = Use.WORK
