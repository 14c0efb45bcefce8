"""How long a tool asks to be left alone, from its answer's headers.

Retry-After: RFC 9110, 10.2.3. X-RateLimit-Remaining and -Reset (GitHub, GitLab, Discourse, …): how
many requests are left, and until when; the moment is in Unix seconds or, where it is small, in
seconds from now. RateLimit-Remaining and -Reset: the same, the moment always from now.
"""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

#: Statuses that say: not now, the same again may succeed.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
#: A moment under this is no Unix time of our days but a number of seconds from now.
_LONG_AGO = 1_000_000_000


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that Retry-After asks for; None where it does not say."""
    said = headers.get("retry-after", "").strip()
    if not said:
        return None
    if (seconds := _number(said)) is not None:
        return max(0.0, seconds)
    try:
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return None


def spent(headers: Mapping[str, str], now: datetime) -> float | None:
    """For how many seconds no request is left; None while there are some, or nobody says."""
    for prefix in ("x-ratelimit", "ratelimit"):
        remaining = _number(headers.get(f"{prefix}-remaining", ""))
        reset = _number(headers.get(f"{prefix}-reset", ""))
        if remaining is None or reset is None or remaining > 0:
            continue
        return max(0.0, reset - now.timestamp() if reset > _LONG_AGO else reset)
    return None


def pause(status: int, headers: Mapping[str, str], now: datetime) -> float | None:
    """How long to wait before the same is asked again; None where the status does not put off.

    A 403 puts off only where a limit is named with it (GitHub's secondary limits). 0 says: soon,
    and longer each time.
    """
    asked = retry_after(headers, now)
    if asked is None:
        asked = spent(headers, now)
    if status in PASSING:
        return asked or 0.0
    return asked if status == 403 else None


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if found == found and abs(found) != float("inf") else None
