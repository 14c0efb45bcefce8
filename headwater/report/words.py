"""Figures of a report as they are read. Pure."""

import math
import re
from collections.abc import Iterable, Sequence

from kpis.links.verdicts import difference, figure

#: Fewer weeks of either quarter are not compared: one with a holiday would be most of them.
LEAST_WEEKS = 4
NONE = "–"


def count(value: float) -> str:
    """A number of things."""
    return f"{value:,.0f}"


def number(value: float | None) -> str:
    """A figure to three digits that count; a dash where there is none."""
    return NONE if value is None or math.isnan(value) else figure(value)


def events(value: float) -> str:
    """So many events more, which were rounded before: `12`, `0.5`."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def many(value: int, one: str, several: str = "") -> str:
    """So many of something: `1 team`, `3 teams`."""
    return f"{value:,} {one if value == 1 else several or one + 's'}"


def percent(now: float, before: float) -> str:
    """How much more it is than before: `+12 %`, `−3 %`; a dash where nothing was before."""
    if not before:
        return NONE
    share = round(100 * (now / before - 1))
    return f"{share:+,d} %".replace("-", "−") if share else "0 %"


def more(now: float, before: float) -> str:
    """The same in a sentence: `12 % more than`, `as much as`."""
    share = round(100 * (now / before - 1))
    return f"{abs(share):,d} % {'more' if share > 0 else 'less'} than" if share else "as much as"


def change(value: float, unit: str) -> str:
    """A difference of two figures in their unit: `−0.42 hours`, of shares in points."""
    sign = "+" if value > 0 else ""
    return f"{sign}{figure(value)} {difference(unit)}".rstrip()


def listed(names: Iterable[str], most: int = 0) -> str:
    """Names with commas between them; beyond `most` so many are told as a number."""
    some: Sequence[str] = list(names)
    if most and len(some) > most + 1:
        return f"{', '.join(some[:most])} and {len(some) - most} more"
    return f"{', '.join(some[:-1])} and {some[-1]}" if len(some) > 1 else "".join(some)


def renamed(text: str, name: str, words: str) -> str:
    """A text in which a KPI is called as people call it.

    A name that may be a word of the sentence too (`hours`) is renamed once: a verdict tells the KPI
    before its unit.
    """
    once = 0 if "_" in name else 1
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _: words, text, count=once)


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
