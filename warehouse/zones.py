"""Names of time zones (IANA): which there are, and which one a typing mistake may have meant."""

import difflib
import zoneinfo
from functools import cache

#: Every name of the machine's own database, which is read through once.
_known = cache(zoneinfo.available_timezones)


def problem(name: str) -> str:
    """What is wrong with a zone's name, with near matches; "" for one that there is."""
    known = _known()
    if name in known:
        return ""
    near = nearest(name, known)
    meant = f"; did you mean {' or '.join(near)}?" if near else "; write it as Europe/Berlin"
    return f"{name!r} is not the IANA name of a time zone{meant}"


def nearest(name: str, known: set[str]) -> list[str]:
    """At most three zones that may have been meant: by another case, by the city, by a letter."""
    wanted = name.strip().lower().replace(" ", "_")
    plain = {zone.lower(): zone for zone in sorted(known)}
    cities = {zone.rpartition("/")[2]: zone for zone in plain if "/" in zone}
    if wanted in plain:
        return [plain[wanted]]
    found = []
    city = wanted.rpartition("/")[2]
    if city in cities:
        found.append(plain[cities[city]])
    found += [plain[zone] for zone in difflib.get_close_matches(wanted, plain, 3, 0.75)]
    found += [plain[cities[one]] for one in difflib.get_close_matches(city, cities, 3, 0.75)]
    return list(dict.fromkeys(found))[:3]
