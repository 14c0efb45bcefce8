"""A derived KPI is added as one file, and nothing else is changed."""

import json
from ast import literal_eval
from pathlib import Path

import pytest

from producers.loads import kpi
from tests.conftest import WarehouseUrls
from tests.joints.scratch import copied, run, write
from warehouse import Warehouse

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
#: Three questions of one month, as facts.
FACTS = """
INSERT INTO learning.fact_rows (id, time, account, behaviour, version, gone)
SELECT generateUUIDv4(), '2026-03-10 10:00:00', 1, 'ask', 1, 0 FROM numbers(3)
"""
#: What a worker does that has this project, then the KPIs' figures.
ASK = """
import json, os
from streams.derived import Computed
from warehouse import Warehouse
store = Warehouse(os.environ["URL"])
Computed().take(store)
rows = store.query(
    "SELECT kpi, unit, direction, team, toString(period), grain, value, n, origin "
    "FROM kpi.observations")
print(json.dumps([list(row) for row in rows]))
"""


@pytest.mark.integration
def test_one_file_is_a_kpi(tmp_path: Path, warehouse: WarehouseUrls) -> None:
    folder = copied(tmp_path)
    store = Warehouse(warehouse.admin)
    store.execute(FACTS)
    assert json.loads(run(folder, ASK, URL=warehouse.admin)) == []
    write(folder, {"kpis/derived/questions_asked.sql": TOY})
    asked = ["questions_asked", "questions", "down", "", "2026-03-01", "month", 3, 3, "derived"]
    assert json.loads(run(folder, ASK, URL=warehouse.admin)) == [asked]
    derived = run(folder, "from producers.loads import kpi; print(sorted(kpi.derived()))")
    assert set(literal_eval(derived)) == kpi.derived() | {"questions_asked"}
    run(folder, "from headwater.docs import main; main()")
    page = (folder / "docs" / "tables.md").read_text("utf-8")
    assert "How many questions a team asks in a month." in page
    (folder / "kpis/derived/questions_asked.sql").unlink()
    assert json.loads(run(folder, ASK, URL=warehouse.admin)) == [], "a KPI that is no more is shown"
