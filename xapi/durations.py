"""ISO 8601 durations (xAPI 1.0.3 Part Two, 4.6).

Only the format with designators (ISO 8601:2004 4.4.3.2) is one; weeks stand alone; a fraction may
stand in the last component only.
"""

import re
from functools import lru_cache

_DURATION = re.compile(
    r"P(?:\d+(?:[.,]\d+)?W"
    r"|(?=\d|T\d)"
    r"(?:\d+(?:[.,]\d+(?=Y$))?Y)?(?:\d+(?:[.,]\d+(?=M$))?M)?(?:\d+(?:[.,]\d+(?=D$))?D)?"
    r"(?:T(?=\d)"
    r"(?:\d+(?:[.,]\d+(?=H$))?H)?(?:\d+(?:[.,]\d+(?=M$))?M)?(?:\d+(?:[.,]\d+)?S)?)?)",
    re.ASCII,
)
_SECONDS = re.compile(r"(\d+)(?:[.,](\d+))?S$", re.ASCII)


def is_duration(text: str) -> bool:
    """Whether a text is a duration that a statement may hold."""
    return _DURATION.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def comparable(text: str) -> str:
    """A duration without its precision beyond 0.01 seconds, the form in which two are compared.

    No units are converted: PT60S and PT1M are different (Part Two, 2.3.1).
    """
    found = _SECONDS.search(text)
    if found is None:
        return text
    whole, fraction = found.group(1), (found.group(2) or "")[:2].rstrip("0")
    seconds = str(int(whole)) + (f".{fraction}" if fraction else "")
    return f"{text[: found.start()]}{seconds}S"


_PARTS = re.compile(
    r"P(?:([\d.,]+)W)?(?:([\d.,]+)Y)?(?:([\d.,]+)M)?(?:([\d.,]+)D)?"
    r"(?:T(?:([\d.,]+)H)?(?:([\d.,]+)M)?(?:([\d.,]+)S)?)?",
    re.ASCII,
)
#: Weeks, years, months, days, hours, minutes, seconds; a year is 365 days, a month 30.
_LENGTHS = (604_800, 31_536_000, 2_592_000, 86_400, 3_600, 60, 1)


@lru_cache(maxsize=4096)
def seconds(text: str) -> float:
    """How long a duration is, in seconds (years and months nominal); 0 for what is none."""
    found = _PARTS.fullmatch(text) if is_duration(text) else None
    if found is None:
        return 0.0
    parts = (float(part.replace(",", ".")) if part else 0.0 for part in found.groups())
    return sum(part * length for part, length in zip(parts, _LENGTHS, strict=True))
