"""What viewers are shown of how people begin, beside those who are there for long: who did anything
for learning in a week, who shared anything, and who of the new ones has helped anybody by then.

A row is a person and a week, by the month of its Monday, so that enough people stand behind what is
told. People are those who are in a team on that Monday, by the directory as viewers are shown it,
where anybody did anything in the week: `new` in their first 13 weeks (`step`: weeks 1-4, 5-8 or
9-13), `middle` until a year is over, then `old`. Weeks count from the Monday on or after the start.
Who did anything and is not known so is in no stage. Behind each cell, and each sum and difference
of cells, are the minimum group of people.
"""

from streams.mart import Mart, Published, Shown, sql

mart = Mart(
    name="published_ramp",
    table="published.ramp_rows",
    compute=sql(__name__, "compute"),
    grain="month",
    expected=sql(__name__, "expected"),
    touched=sql(__name__, "touched"),
    published=Published(
        cells=(
            Shown("published.ramp_rows", ("stage", "step", "did")),
            Shown("published.ramp_help_rows", ("stage", "step", "helped")),
        ),
        apart=True,
    ),
)
