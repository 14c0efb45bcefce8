"""Colours: one hue a scaffold, a shade a behaviour; their names are the vocabulary's."""

from dashboards.board import Shade, Shades
from xapi.vocabulary import BEHAVIOURS, UNCLASSIFIED, Behaviour

INK = "#1d2b2f"
MUTED = "#5b6a6e"
LINE = "#dfe4e2"
ACCENT = "#1d4a5f"
#: For columns and values that have no colour of their own, one after the other.
CYCLE = ("#2c6e91", "#9c6312", "#33805a", "#87518f", "#c2410c", "#7a8f97", "#33474e")

DISCOVERY = "#2c6e91"
PRACTICE = "#33805a"
SHARING = "#9c6312"
REINFORCEMENT = "#87518f"

#: In the order in which they are stacked.
_COLOURS: dict[str, str] = {
    "search": "#1c4f6b",
    "read": DISCOVERY,
    "bookmark": "#4a8bad",
    "explore": "#6ca5c2",
    "locate": "#92bfd5",
    "ask": "#b9d8e6",
    "collaborate": PRACTICE,
    "connect": "#86bf9f",
    "record": "#8f5a10",
    "help": "#c98a33",
    "curate": "#e4bd82",
    "reinforce": REINFORCEMENT,
    "course": "#7d8a8e",
    "unclassified": "#c5cccd",
}


def _shade(behaviour: Behaviour) -> tuple[str, Shade]:
    return behaviour.name, Shade(behaviour.label, _COLOURS[behaviour.name])


#: What too few people did to be told apart.
_OTHERS = {
    "discovery": Shade("Discovery, any", "#9fb3bd"),
    "practice": Shade("Practice, any", "#a9bdb0"),
    "sharing": Shade("Sharing, any", "#c4b79f"),
    "reinforcement": Shade("Reinforcement, any", "#b9a6ba"),
    "formal": Shade("Formal, any", "#8f9b9f"),
    "any": Shade("Any behaviour", "#aab3b4"),
}
#: How a behaviour is shown, for the columns that hold one.
BEHAVIOUR = Shades(
    (
        *(_shade({**BEHAVIOURS, "unclassified": UNCLASSIFIED}[name]) for name in _COLOURS),
        *_OTHERS.items(),
    )
)
