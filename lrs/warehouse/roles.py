"""Who may do what in the warehouse: roles as lists of GRANT statements, users by role.

The embedded warehouse writes them into its engine's configuration; on a ClickHouse server
`headwater migrate` carries them out.
"""

ADMIN = ("GRANT ALL ON *.* TO admin WITH GRANT OPTION",)

ANALYST = (
    "GRANT SELECT ON learning.* TO analyst",
    "GRANT SELECT ON kpi.* TO analyst",
    "GRANT SELECT ON ops.* TO analyst",
    "GRANT SELECT ON viewer.* TO analyst",
    "GRANT SELECT ON lrs.statements_pseudonymous TO analyst",
)

VIEWER = ("GRANT SELECT ON viewer.* TO viewer",)

#: role → its grants.
ROLES: dict[str, tuple[str, ...]] = {"admin": ADMIN, "analyst": ANALYST, "viewer": VIEWER}

#: user → role.
USERS: dict[str, str] = {"headwater": "admin", "analyst": "analyst", "viewer": "viewer"}

#: Roles that read and nothing else.
READERS = frozenset({"analyst", "viewer"})
