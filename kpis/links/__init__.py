"""How learning moves with KPIs: a ladder of methods over team-weeks, each with its floor and words.

- `lags`: by how many weeks a KPI follows learning (prewhitened cross-correlation).
- `panel`: how a KPI moves with learning within teams and weeks (two-way effects).
- `rollouts`: what followed a dated start in some teams (Callaway and Sant'Anna, 2021).
- `interruption`: what followed a date in one series (structural model).

Each is a pure function over a table, and returns a `Link`. What they import is large, so nothing
else imports them; `frames`, `floors`, `families`, `link` and `verdicts` are light.
"""
