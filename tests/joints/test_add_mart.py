"""A mart is added as one folder, with its table and its view, and nothing else is changed."""

import shutil
from pathlib import Path

import pytest

from tests.joints.scratch import ROOT, copied, run, write

#: By week, looking back one: so that neither is only there for days.
TOY = {
    "streams/marts/toy/__init__.py": '''\
"""Questions that a team asks in a week, and in the week before it.

A toy: it counts events of the behaviour `ask`, whoever asks.
"""

from streams.mart import Mart, sql

mart = Mart(
    name="toy",
    table="learning.toy_rows",
    compute=sql(__name__, "compute"),
    grain="week",
    lookback=1,
    expected=sql(__name__, "expected"),
)
''',
    "streams/marts/toy/compute.sql": """\
INSERT INTO $staging
SELECT week, team, countIf(own = week) AS asked, countIf(own < week) AS before
FROM
(
    SELECT toMonday(day) AS own, team, arrayJoin([own, addWeeks(own, 1)]) AS week
    FROM learning.events
    WHERE behaviour = 'ask'
)
WHERE week IN {periods:Array(Date)}
GROUP BY week, team
SETTINGS max_partitions_per_insert_block = 0
""",
    "streams/marts/toy/expected.sql": """\
-- Weeks in which somebody asks, and the weeks after them.
SELECT DISTINCT toString(arrayJoin([toMonday(day), addWeeks(toMonday(day), 1)])) AS week
FROM learning.events
WHERE behaviour = 'ask' AND week IN {periods:Array(String)}
""",
    "warehouse/tables/learning/9001_toy_rows.sql": """\
-- The mart toy.
-- identity: none (counts)
CREATE TABLE learning.toy_rows
(
    week Date,
    team LowCardinality(String),
    asked UInt64,
    before UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (week, team)
""",
    "warehouse/views/learning/toy.sql": """\
-- Questions by team and week, beside the week before.
-- identity: none (counts)
CREATE OR REPLACE VIEW learning.toy DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, team, asked, before FROM learning.toy_rows
""",
}
GENERIC = """
import sys
import pytest
sys.exit(pytest.main(["-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", *{arguments}]))
"""


@pytest.mark.integration
def test_one_folder_is_a_mart(tmp_path: Path) -> None:
    folder = copied(tmp_path, "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    write(folder, TOY)
    run(folder, "from headwater.docs import main; main()")
    page = (folder / "docs" / "tables.md").read_text("utf-8")
    assert "Questions that a team asks in a week" in page
    assert "## `learning.toy`" in page
    tables = ["tests/warehouse/test_every_table.py", "-k", "table or view"]
    run(folder, GENERIC.format(arguments=tables))
    said = run(folder, GENERIC.format(arguments=["tests/streams/test_every_mart.py", "-k", "toy"]))
    assert "7 passed" in said, said
