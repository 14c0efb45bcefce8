"""What an installation is, kept in its warehouse: time zone, working time and holidays, minimum
group, gap between sessions, synthetic or real, key.

What would change the meaning of all that is stored is not changed by a start that happens to say
something else, or nothing: it is asked for, or refused.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime

from warehouse.client import Warehouse
from warehouse.errors import MigrationError
from warehouse.settings import WarehouseSettings
from xapi import zones

FIRST_ZONE = "UTC"
FIRST_DAYS, FIRST_HOURS = "1,2,3,4,5", "09:00-17:00"
#: What takes holidays or domains back, and the first year whose holidays are known.
NOTHING, FIRST_HOLIDAYS = "none", 2000
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAYS = re.compile(r"[1-7](,[1-7])*")
_HOURS = re.compile(r"(([01]\d|2[0-3]):[0-5]\d)-(([01]\d|2[0-3]):[0-5]\d|24:00)")
#: In minutes. A longer gap than half a day would join days, and what joins two is cut at midnight.
FIRST_GAP, LONGEST_GAP = "30", 720
#: The mart whose cells the gap makes.
SESSIONS = "sessions"
#: Every mart; and the setting that names the marts for which history is yet to be marked.
EVERY, OWED = "*", "recount"


def settle(warehouse: Warehouse, settings: WarehouseSettings, time_zone: str = "") -> list[str]:
    """Stores the installation's settings; `time_zone` is a change that somebody asked for.

    Returns what an operator should know, a line each. Raises MigrationError where a setting does
    not fit what is there.
    """
    before = {row[0]: row[1] for row in warehouse.rows("installation/settings")}
    now = {
        "time_zone": _zone(before.get("time_zone", ""), settings.timezone, time_zone),
        "minimum_group": str(max(5, settings.minimum_group)),
        "synthetic": _kind(before.get("synthetic", ""), synthetic=settings.synthetic),
        **_working(before, settings),
        **_holidays(before, settings),
        "domains": _domains(before.get("domains", ""), settings.domains),
        "session_gap": _gap(before.get("session_gap", FIRST_GAP), settings.session_gap),
        **_key(before, settings),
    }
    changed = [(name, value) for name, value in now.items() if before.get(name) != value]
    told = dict(_recounted(before, now))
    owed = sorted({*told, *filter(None, before.get(OWED, "").split(","))} - {""})
    # Written with what changed: who is killed before history is marked finds it at the next start.
    owing = [(OWED, ",".join(owed))] if owed else []
    warehouse.insert("ops.setting_rows", ("name", "value"), changed + owing)
    for mart in owed:
        warehouse.command("marts/everything", mart=mart.replace(EVERY, ""))
    warehouse.insert("ops.setting_rows", ("name", "value"), [(OWED, "") for _ in owing])
    return [*told.values()]


def _recounted(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The mart (or EVERY) for which history counts otherwise from now on, or ''; with a line."""
    old, zone = before.get("time_zone", now["time_zone"]), now["time_zone"]
    if old == zone:
        yield "", f"days and weeks are those of {zone}"
    else:
        told = f"days and weeks were those of {old} and are those of {zone} from now on: "
        yield EVERY, f"{told}every day of history is counted anew"
    was, gap = before.get("session_gap", FIRST_GAP), now["session_gap"]
    if was != gap:
        told = (
            f"a session ended after {was} minutes without an event and ends after {gap} from now "
        )
        yield SESSIONS, f"{told}on: the sessions of all history are counted anew"


def _zone(kept: str, said: str, wanted: str) -> str:
    """The zone that counts: the one asked for, else the one that is kept, else what is said."""
    for name, where in ((wanted, "--timezone"), (said, "HEADWATER_TIMEZONE")):
        if name and (problem := zones.problem(name)):
            raise MigrationError(f"{where}: {problem}")
    if wanted or not kept:
        return wanted or said or FIRST_ZONE
    if problem := zones.problem(kept):
        if said:
            return said
        raise MigrationError(
            f"the warehouse keeps a time zone that is none ({problem}): name one with --timezone"
        )
    if said and said != kept:
        raise MigrationError(
            f"days and weeks are those of {kept} here, and HEADWATER_TIMEZONE says {said}: with it "
            f"every day of history would be counted anew. To ask for that: --timezone {said} (of "
            "`headwater up` or `headwater migrate`), once; to keep it: unset the variable"
        )
    return kept


def _working(before: Mapping[str, str], settings: WarehouseSettings) -> Mapping[str, str]:
    """When the organisation works: what is said, else what is kept."""
    days = ",".join(sorted(set(settings.working_days.replace(" ", "").split(",")) - {""}))
    if days and not _DAYS.fullmatch(days):
        raise MigrationError(
            f"HEADWATER_WORKING_DAYS: {settings.working_days!r} are no days: write them by their "
            "numbers from Monday, 1, on, as 1,2,3,4,5"
        )
    hours = settings.working_hours.replace(" ", "")
    found = _HOURS.fullmatch(hours)
    if hours and not (found and found[1] < found[3]):
        raise MigrationError(
            f"HEADWATER_WORKING_HOURS: {settings.working_hours!r} is no time of day: write it as "
            "09:00-17:00"
        )
    return {
        "working_days": days or before.get("working_days", FIRST_DAYS),
        "working_hours": hours or before.get("working_hours", FIRST_HOURS),
    }


def _holidays(before: Mapping[str, str], settings: WarehouseSettings) -> Mapping[str, str]:
    """What is said of holidays, else what is kept; and the days that these are."""
    said = [each.strip() for each in settings.holidays.split(",") if each.strip()]
    kept = before.get("holidays", "")
    told = "" if said == [NOTHING] else ",".join(said) or kept
    days = {day for each in told.split(",") if each for day in _days_of(each)}
    return {"holidays": told, "holiday_dates": ",".join(map(str, sorted(days)))}


def _domains(kept: str, said: str) -> str:
    """The domains that are said, else those that are kept; comma separated."""
    names = [each.strip().lower().removeprefix("*.").strip(".") for each in said.split(",")]
    found = sorted({name for name in names if name})
    if found == [NOTHING]:
        return ""
    for name in found:
        if not _DOMAIN.fullmatch(name):
            raise MigrationError(
                f"HEADWATER_DOMAINS: {name!r} is no domain: write example.org, in ASCII, without "
                f"https://; {NOTHING} takes them back"
            )
    return ",".join(found) or kept


def _days_of(said: str) -> Iterator[date]:
    """A day, or the public holidays of a country or of a part of one until two years from now."""
    if _DAY.fullmatch(said):
        with suppress(ValueError):
            yield date.fromisoformat(said)
            return
    else:
        import holidays  # by a migrate alone, where it is asked for

        country, _, part = said.partition("-")
        years = range(FIRST_HOLIDAYS, datetime.now(UTC).year + 3)
        with suppress(NotImplementedError, KeyError):
            yield from holidays.country_holidays(country, subdiv=part or None, years=years)
            return
    raise MigrationError(
        f"HEADWATER_HOLIDAYS: {said!r} is neither a day, as 2026-12-24, nor a country or a part of "
        f"one by its code of ISO 3166, as DE or DE-BY; {NOTHING} takes holidays back"
    )


def _gap(kept: str, said: int) -> str:
    """The gap that counts, in minutes: what is said, else what is kept."""
    if not 0 <= said <= LONGEST_GAP:
        raise MigrationError(
            f"HEADWATER_SESSION_GAP is in minutes, from 1 to {LONGEST_GAP} (0 keeps {kept}): "
            f"{said} is none of these"
        )
    return str(said or kept)


def _kind(kept: str, *, synthetic: bool) -> str:
    now = "1" if synthetic else "0"
    if kept and kept != now:
        holds, wants = ("real", "synthetic") if synthetic else ("synthetic", "real")
        raise MigrationError(
            f"the warehouse holds {holds} data, and {wants} data never share one with it: name "
            "another warehouse, or another data folder"
        )
    return now


def _key(before: Mapping[str, str], settings: WarehouseSettings) -> Mapping[str, str]:
    """The fingerprint of the key of the pseudonyms, where this process is told the key."""
    key = settings.pseudonym_key.get_secret_value().strip().lower()
    if not key:
        return {}
    mark = hmac.new(key.encode(), b"headwater: which key", hashlib.sha256).hexdigest()[:16]
    if before.get("pseudonym_key", mark) != mark:
        raise MigrationError(
            "HEADWATER_PSEUDONYM_KEY (secrets.json in a data folder) is another key than the one "
            "that made this warehouse's pseudonyms, and would make two of every person: put the "
            "right one back from a backup"
        )
    return {"pseudonym_key": mark}
