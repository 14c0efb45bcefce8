"""A panel's query as the official ClickHouse data source takes it.

The SQL is the page's own. Its parameters become the data source's macros and the board's variables;
`sqlstring` has Grafana quote and escape a variable's value.
"""

import re
from importlib.resources import files
from string import Template
from typing import Any

from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from dashboards.board import Asked, Board, Variable

PLUGIN = "grafana-clickhouse-datasource"
#: The data source that the files and `push` make, and the variable that chooses one.
SOURCE_UID, SOURCE_VARIABLE = "headwater", "source"
SOURCE = DataSourceRef(type_val=PLUGIN, uid=f"${{{SOURCE_VARIABLE}}}")

MACROS: dict[str, str] = {
    "{from:DateTime}": "$__fromTime",
    "{until:DateTime}": "$__toTime",
    "{zone:String}": "ifNull((SELECT any(time_zone) FROM viewer.settings), 'UTC')",
}
_VARIABLE = re.compile(r"\{(\w+):String\}")
#: What the data source makes of rows: its own numbers.
TIME_SERIES, TABLE = 0, 1


def grafana_sql(sql: str) -> str:
    """The SQL with macros and variables in place of ClickHouse parameters."""
    for parameter, macro in MACROS.items():
        sql = sql.replace(parameter, macro)
    return _VARIABLE.sub(r"${\1:sqlstring}", sql)


def panel_sql(board: Board, asked: Asked) -> str:
    """What a panel asks; of a source that panels share, its own rows and columns.

    What marks is not among them: it is an annotation, and a text would part a series in two.
    """
    sql = board.query(asked).sql
    columns = ", ".join(f"`{column.name}`" for column in asked.columns if not column.marks)
    if asked.source:
        sql = _filled("one_panel", columns=columns, source=sql, panel=asked.name)
    elif any(column.marks for column in asked.columns):
        sql = _filled("without_marks", columns=columns, source=sql)
    return grafana_sql(sql)


def choices_sql(variable: Variable) -> str:
    """What can be chosen, one column: the data source takes a second one for what is shown."""
    columns = variable.query.columns
    sql = variable.query.sql
    if len(columns) > 1:
        sql = _filled("choices", variable=columns[0], source=sql)
    return grafana_sql(sql)


def unit_sql(variable: Variable) -> str:
    """Unit and direction of what was chosen, in words; empty where the variable has none."""
    columns = variable.query.columns
    if not {"unit", "direction"} <= {*columns}:
        return ""
    return grafana_sql(_filled("unit", variable=columns[0], source=variable.query.sql))


def _filled(name: str, **parts: str) -> str:
    text = (files(__package__) / f"{name}.sql").read_text("utf-8")
    return Template(text).substitute(parts)


class ClickHouseQuery(variants.Dataquery):
    """One target of a panel."""

    def __init__(self, sql: str, form: int) -> None:
        self.sql = sql
        self.form = form

    def to_json(self) -> dict[str, Any]:
        """The target as it stands in a board."""
        return {
            "datasource": SOURCE.to_json(),
            "editorType": "sql",
            "format": self.form,
            "queryType": "timeseries" if self.form == TIME_SERIES else "table",
            "rawSql": self.sql,
            "refId": "A",
        }


class Target(builder.Builder[variants.Dataquery]):
    """Builds the target of a panel."""

    def __init__(self, sql: str, form: int) -> None:
        self._query = ClickHouseQuery(sql, form)

    def build(self) -> variants.Dataquery:
        """The target."""
        return self._query
