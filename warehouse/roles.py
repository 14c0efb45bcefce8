"""Who may do what in the warehouse: what each reader may read, by name; roles; users by role.

The embedded warehouse writes them into its engine's configuration; on a ClickHouse server
`headwater migrate` carries them out. A view is named here or read by the administrator alone: no
right is granted on a database, for what is added to it later is nobody's yet.
"""

#: What may be shown to everybody in the house: no person, no small group, no text of an error.
SHOWN = (
    "viewer.accounts",
    "viewer.activity",
    "viewer.carriers",
    "viewer.connections",
    "viewer.coverage",
    "viewer.coverage_shares",
    "viewer.content",
    "viewer.content_topics",
    "viewer.episode_teams",
    "viewer.episode_tenures",
    "viewer.episodes",
    "viewer.expert_topics",
    "viewer.flow_teams",
    "viewer.flows",
    "viewer.history",
    "viewer.kpi_periods",
    "viewer.kpi_weeks",
    "viewer.kpis",
    "viewer.latest",
    "viewer.links",
    "viewer.people_weeks",
    "viewer.pipeline",
    "viewer.proficiency",
    "viewer.quality",
    "viewer.question_teams",
    "viewer.question_topics",
    "viewer.questions",
    "viewer.ramp",
    "viewer.ramp_help",
    "viewer.refusals",
    "viewer.releases",
    "viewer.rollouts",
    "viewer.settings",
    "viewer.team_activity",
    "viewer.team_sizes",
    "viewer.team_weeks",
    "viewer.teams",
    "viewer.tenure_weeks",
    "viewer.tool_activity",
    "viewer.topic_people",
)

#: People who agreed to it, by name, for a topic. Whoever reads pseudonyms must not join these with
#: them: no analyst reads it (docs/decisions/findable.md).
NAMED = ("viewer.experts",)

#: What analysts read beside it: pseudonyms, never an identity.
ANALYSED = (
    "kpi.catalogue",
    "kpi.issue_hours",
    "kpi.links",
    "kpi.observations",
    "kpi.proficiency",
    "kpi.rollouts",
    "kpi.team_periods",
    "kpi.team_weeks",
    "learning.activity",
    "learning.activity_days",
    "learning.activity_weeks",
    "learning.content",
    "learning.content_lacking",
    "learning.content_weeks",
    "learning.episodes",
    "learning.events",
    "learning.expertise",
    "learning.expertise_days",
    "learning.flows",
    "learning.network_weeks",
    "learning.newcomers",
    "learning.objects",
    "learning.person_days",
    "learning.person_weeks",
    "learning.questions",
    "learning.retention",
    "learning.sessions",
    "learning.topics",
    "lrs.statements_pseudonymous",
    "ops.beats",
    "ops.behaviour_rules",
    "ops.connections",
    "ops.frontier",
    "ops.rejected",
    "ops.replays",
    "ops.settings",
    "ops.unresolved",
    "ops.verifications",
    "work.delivered",
    "work.deliveries",
    "work.deployments",
    "work.items",
    "work.signals",
)

#: Role that reads → the views it may read, and nothing else.
READS: dict[str, tuple[str, ...]] = {"analyst": ANALYSED + SHOWN, "viewer": SHOWN + NAMED}


def _grants(role: str) -> tuple[str, ...]:
    return tuple(f"GRANT SELECT ON {view} TO {role}" for view in READS[role])


#: The role that may do everything.
ADMIN = "admin"

#: Role → its grants.
ROLES: dict[str, tuple[str, ...]] = {
    ADMIN: ("GRANT ALL ON *.* TO admin WITH GRANT OPTION",),
    **{role: _grants(role) for role in READS},
}

#: User → role.
USERS: dict[str, str] = {"headwater": "admin", "analyst": "analyst", "viewer": "viewer"}

#: Roles that read and nothing else.
READERS = frozenset(READS)


def replacing(role: str) -> str:
    """One statement that gives a reading role its rights and takes every other from it."""
    rights = ", ".join(f"SELECT ON {view}" for view in READS[role])
    return f"GRANT {rights} TO {role} WITH REPLACE OPTION"
