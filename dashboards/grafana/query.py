"""A panel's query as the official ClickHouse data source takes it.

The SQL is the page's own. Its parameters become the data source's macros and the board's variables;
`sqlstring` has Grafana quote and escape a variable's value.
"""

from typing import Any

from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef

PLUGIN = "grafana-clickhouse-datasource"
SOURCE_UID = "headwater"
SOURCE = DataSourceRef(type_val=PLUGIN, uid=SOURCE_UID)

MACROS: dict[str, str] = {
    "{from:DateTime}": "$__fromTime",
    "{until:DateTime}": "$__toTime",
    "{team:String}": "${team:sqlstring}",
    "{kpi:String}": "${kpi:sqlstring}",
}
#: What the data source makes of rows: its own numbers.
TIME_SERIES, TABLE = 0, 1


def grafana_sql(sql: str) -> str:
    """The SQL with macros and variables in place of ClickHouse parameters."""
    for parameter, macro in MACROS.items():
        sql = sql.replace(parameter, macro)
    return sql


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
            "rawSql": grafana_sql(self.sql),
            "refId": "A",
        }


class Target(builder.Builder[variants.Dataquery]):
    """Builds the target of a panel."""

    def __init__(self, sql: str, form: int) -> None:
        self._query = ClickHouseQuery(sql, form)

    def build(self) -> variants.Dataquery:
        """The target."""
        return self._query
