"""Colours and names: one hue a scaffold, a shade a behaviour, and the words a reader sees."""

from typing import NamedTuple

INK = "#1d2b2f"
MUTED = "#5b6a6e"
LINE = "#dfe4e2"
KPI = "#1d2b2f"
ACCENT = "#1d4a5f"


class Hue(NamedTuple):
    """A scaffold as it is shown."""

    title: str
    colour: str
    means: str


class Shade(NamedTuple):
    """A behaviour as it is shown."""

    title: str
    colour: str
    scaffold: str


SCAFFOLDS: dict[str, Hue] = {
    "discovery": Hue("Discovery", "#2c6e91", "searching, reading, asking, finding experts"),
    "practice": Hue("Practice", "#33805a", "working on tasks together, with customers"),
    "sharing": Hue("Sharing", "#9c6312", "writing down, answering, curating"),
    "reinforcement": Hue("Reinforcement", "#87518f", "coming back to key concepts"),
}

#: In the order in which they are stacked.
BEHAVIOURS: dict[str, Shade] = {
    "search": Shade("Search", "#1c4f6b", "discovery"),
    "read": Shade("Read", "#2c6e91", "discovery"),
    "bookmark": Shade("Bookmark", "#4a8bad", "discovery"),
    "explore": Shade("Explore outside", "#6ca5c2", "discovery"),
    "locate": Shade("Locate experts", "#92bfd5", "discovery"),
    "ask": Shade("Ask", "#b9d8e6", "discovery"),
    "collaborate": Shade("Collaborate", "#33805a", "practice"),
    "connect": Shade("Connect", "#86bf9f", "practice"),
    "record": Shade("Record", "#8f5a10", "sharing"),
    "help": Shade("Help", "#c98a33", "sharing"),
    "curate": Shade("Curate", "#e4bd82", "sharing"),
    "reinforce": Shade("Reinforce", "#87518f", "reinforcement"),
    "course": Shade("Course (formal)", "#7d8a8e", "formal"),
    "unclassified": Shade("Not classified", "#c5cccd", "none"),
}

SERIES: dict[str, tuple[str, str]] = {
    **{name: (hue.title, hue.colour) for name, hue in SCAFFOLDS.items()},
    "anything": ("Any of them", INK),
    "0-3 months": ("First 3 months", "#c2410c"),
    "3-12 months": ("3–12 months", "#d08a4e"),
    "1-3 years": ("1–3 years", "#7a8f97"),
    "3+ years": ("3 years and more", "#33474e"),
}

FIGURES: dict[str, tuple[str, str]] = {
    "lag": ("Lag, 95th percentile", "s"),
    "waiting": ("Records waiting", ""),
    "events": ("Events counted", ""),
    "rejected": ("Refused", ""),
    "unresolved": ("Events of unknown accounts", ""),
    "accounts": ("Unknown accounts", ""),
}

HEADINGS: dict[str, str] = {
    "time": "Time",
    "behaviour": "Behaviour",
    "events": "Events",
    "tool": "Tool",
    "team": "Team",
    "topic": "Topic",
    "value": "KPI",
    "source": "Sender",
    "kind": "Kind",
    "rule": "Rule",
    "refused": "Refused",
    **{name: title for name, (title, _) in SERIES.items()},
}


def behaviour(name: str) -> Shade:
    """How a behaviour is shown; one that is not known yet keeps its own name."""
    return BEHAVIOURS.get(name, Shade(name, "#c5cccd", "none"))
