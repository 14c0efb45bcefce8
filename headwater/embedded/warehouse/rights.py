"""Who may read what, as the engine's own configuration says it (`users.xml`).

Every connection is the engine's user `default`. A reader's takes its one role, so tables, views and
dictionaries are the engine's matter: it refuses what `roles.py` does not name. Tables of `system`
it gives to everybody; so row policies leave a reader those rows alone whose table is named here.
"""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from warehouse.roles import ROLES
from warehouse.workspaces import Workspace

#: Tables of `system` that tell a client what it needs and nobody's business. The engine shows in
#: those that list databases, tables and columns what the reader may read.
SYSTEM_TABLES = frozenset(
    {
        "aggregate_function_combinators",
        "build_options",
        "collations",
        "columns",
        "contributors",
        "data_type_families",
        "databases",
        "formats",
        "functions",
        "keywords",
        "licenses",
        "numbers",
        "numbers_mt",
        "one",
        "settings",
        "table_engines",
        "table_functions",
        "tables",
        "time_zones",
        "zeros",
        "zeros_mt",
    }
)
_GRANTEE = re.compile(r" TO \w+")
#: Who sees every row of `system`: a connection that has the administrator's role.
_ADMIN_ONLY = "has(currentRoles(), 'admin')"


def users(workspaces: Iterable[Workspace] = ()) -> str:
    """The engine's users, roles and row policies; each workspace is a role of its own."""
    granted = ROLES | {each.user: each.grants for each in workspaces}
    roles = "\n".join(
        f"    <{role}><grants>{''.join(map(_grant, grants))}</grants></{role}>"
        for role, grants in granted.items()
    )
    return f"""<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <roles>
{roles}
  </roles>
  <users>
    <default>
      <password/>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT {", ".join(granted)}</query></grants>
      <databases>
        <database name="system">
{_policies()}
        </database>
      </databases>
    </default>
  </users>
</clickhouse>
"""


def _policies() -> str:
    """Every table of `system` (the empty name) is the administrator's; the named ones are open."""
    filters = {"": _ADMIN_ONLY, **dict.fromkeys(sorted(SYSTEM_TABLES), "1")}
    return "\n".join(
        f"          <table name={quoteattr(table)}><filter>{escape(rule)}</filter></table>"
        for table, rule in filters.items()
    )


def _grant(statement: str) -> str:
    """The engine's configuration names the grantee by where the grant stands."""
    return f"<query>{escape(_GRANTEE.sub('', statement))}</query>"
