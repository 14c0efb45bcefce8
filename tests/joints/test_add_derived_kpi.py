"""A derived KPI is added as one file, and nothing else is changed."""

import json
from pathlib import Path

import pytest

from tests.joints.scratch import copied, run, write

TOY = """\
-- How many questions a team asks in a month.
-- unit: questions
-- direction: down
-- grain: month
SELECT team, toStartOfMonth(day) AS period, count() AS value, count() AS n,
    uniqExact(person) AS people
FROM learning.events
WHERE behaviour = 'ask'
GROUP BY team, period
"""
#: Three questions of one month, as facts, then what the KPI says of them.
ASK = """
import json
from headwater import docs
with docs.migrated() as engine:
    engine.query('''
        INSERT INTO learning.fact_rows (id, time, account, behaviour, version, gone)
        SELECT generateUUIDv4(), '2026-03-10 10:00:00', 1, 'ask', 1, 0 FROM numbers(3)
    ''')
    rows = engine.query(
        "SELECT kpi, unit, direction, team, toString(period), grain, value, n, origin "
        "FROM kpi.observations", "JSONCompactEachRow")
    columns = engine.query("DESCRIBE TABLE kpi.observations", "JSONCompactEachRow")
    def read(answer):
        return [json.loads(line) for line in str(answer).splitlines()]
    print(json.dumps({"rows": read(rows), "columns": [c[:2] for c in read(columns)]}))
"""


@pytest.mark.integration
def test_one_file_is_a_kpi(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    before = json.loads(run(folder, ASK))
    assert before["rows"] == []
    write(folder, {"kpis/derived/questions_asked.sql": TOY})
    after = json.loads(run(folder, ASK))
    assert after["columns"] == before["columns"], "the view's columns are a public name"
    assert after["rows"] == [
        ["questions_asked", "questions", "down", "", "2026-03-01", "month", 3, 3, "derived"]
    ]
    derived = run(folder, "from producers.loads import kpi; print(sorted(kpi.derived()))")
    assert derived.strip() == "['issue_hours_to_close', 'questions_asked']"
    run(folder, "from headwater.docs import main; main()")
    page = (folder / "docs" / "tables.md").read_text("utf-8")
    assert "How many questions a team asks in a month." in page
