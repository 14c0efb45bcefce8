"""A link as it is written down: rows of a table, and JSON."""

import json
import math
from dataclasses import asdict
from typing import Any

from kpis.links.link import Link

#: A table: its title, the names of its columns, its rows.
Rows = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def as_dict(link: Link) -> dict[str, Any]:
    """Every field; what is not known is null."""
    plain: dict[str, Any] = _known(asdict(link))
    return plain


def as_text(link: Link) -> str:
    """The same as JSON."""
    return json.dumps(as_dict(link), indent=1, ensure_ascii=False)


def as_rows(link: Link) -> list[Rows]:
    """What is shown of it: its figures, and every coefficient."""
    if link.lacks:
        return []
    figures = [
        ("estimate", _four(link.estimate)),
        ("95 % interval", f"{_four(link.low)} to {_four(link.high)}"),
        ("p", _four(link.p)),
        ("q", f"{_four(link.q)} of {link.family}"),
        ("lag", str(link.lag)),
        ("n", str(link.n)),
        ("teams", str(link.clusters)),
        ("weeks", str(link.weeks)),
        ("minimum detectable effect", _four(link.detectable)),
        ("placebo", f"{_four(link.placebo)} (p {_four(link.placebo_p)})"),
    ]
    tables: list[Rows] = [(link.method, ("what", "value"), [*figures])]
    if link.table:
        rows = [(name, _four(told), _four(spread)) for name, told, spread in link.table]
        tables.append(("coefficients", ("coefficient", "estimate", "error"), [*rows]))
    if link.profile:
        points = [(str(p.at), _four(p.estimate), _four(p.low), _four(p.high)) for p in link.profile]
        tables.append(("profile", ("at", "estimate", "low", "high"), [*points]))
    return tables


def _four(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"


def _known(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _known(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_known(each) for each in value]
    return value
