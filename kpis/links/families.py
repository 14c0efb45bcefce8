"""Many links tested at once: Benjamini and Hochberg's (1995) rate of false discoveries."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kpis.links.link import Link, tested


def adjusted(p: Sequence[float]) -> list[float]:
    """The q-value of each p-value, over all that are given; those that are NaN were not tested."""
    values = np.asarray(p, dtype=float)
    q = np.full(len(values), np.nan)
    there = np.flatnonzero(~np.isnan(values))
    if len(there):
        order = there[np.argsort(values[there], kind="stable")]
        ratios = values[order] * len(order) / np.arange(1, len(order) + 1)
        q[order] = np.minimum(np.minimum.accumulate(ratios[::-1])[::-1], 1.0)
    return [float(each) for each in q]


def judged(links: Sequence[Link]) -> list[Link]:
    """Links of one family (a method in a run), with q over all that were tested, in words anew."""
    from kpis.links.verdicts import spoken

    size = sum(tested(link) for link in links)
    return [
        spoken(replace(link, q=q, family=size))
        for link, q in zip(links, adjusted([link.p for link in links]), strict=True)
    ]
