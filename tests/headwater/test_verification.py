"""The pure parts of `headwater verify`: which copies are made, which days a query takes."""

import itertools
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from headwater.verification.findings import Finding, Report
from headwater.verification.rollups import SPAN, _spans
from headwater.verification.scratch import SOURCE, Target, _chain, _substituted

VIEW = "CREATE MATERIALIZED VIEW lrs.v TO {} (`id` UUID) AS SELECT 1"
FOUND = {
    SOURCE: ("Null", "", "", "", "", ["lrs.first", "lrs.second"]),
    "lrs.first": ("MaterializedView", "", "", VIEW.format("lrs.lines"), "", []),
    "lrs.second": ("MaterializedView", "", "", VIEW.format("vault.raw"), "", []),
    "lrs.third": ("MaterializedView", "", "", VIEW.format("vault.raw"), "", []),
    "lrs.lines": ("Null", "", "", "", "", ["lrs.third"]),
    "vault.raw": ("ReplacingMergeTree", "", "id", "", "", []),
    "lrs.other": ("MergeTree", "", "", "", "", []),
}


def test_every_table_that_an_insert_reaches_is_copied_before_the_views() -> None:
    order, tables = _chain(FOUND)
    assert tables == {SOURCE, "lrs.lines", "vault.raw"}
    assert set(order[:3]) == tables
    assert set(order[3:]) == {"lrs.first", "lrs.second", "lrs.third"}


def test_a_view_reads_the_copies_and_other_tables_as_they_are() -> None:
    text = "SELECT lines.id FROM lrs.lines WHERE id IN (SELECT id FROM lrs.other)"
    assert _substituted(text, {"lrs.lines"}) == (
        "SELECT lines.id FROM verification.lines WHERE id IN (SELECT id FROM lrs.other)"
    )


def test_a_target_names_its_key_and_version() -> None:
    target = Target("lrs.voids", "voids", ("id", "position"), "toUInt128(1)")
    text = target.text("verify/missing")
    assert "FROM verification.voids\n" in text
    assert "(id, position) IN (SELECT id, position FROM verification.voids)" in text
    assert "$" not in text


@given(st.sets(st.dates(date(1971, 1, 1), date(2100, 1, 1)), max_size=60))
def test_spans_hold_every_day_once_and_are_short(some: set[date]) -> None:
    spans = list(_spans(sorted(some)))
    held = [day for day in sorted(some) for first, last in spans if first <= day <= last]
    assert held == sorted(some)
    assert all(last - first < SPAN for first, last in spans)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(spans))
    assert timedelta(days=1) <= SPAN


def test_a_report_is_content_only_where_everything_was_judged() -> None:
    assert Report().content
    assert not Report(waiting=["3 records wait"]).content
    report = Report(findings=[Finding("learning.events", 7200, "lost", missing=2, partition=3)])
    assert not report.content
    (told,) = report.as_json()["findings"]
    assert told["hour"] == "1970-01-01T02:00:00+00:00"
    assert (told["missing"], told["partition"], told["mended"]) == (2, 3, False)
    assert UUID(report.as_json()["run"]) == report.run
