"""What viewers are shown of questions: how many found an answer, how soon, about what, and which
team answered which.

Questions are those of the mart `questions`, by the directory as viewers are shown it, by week. How
soon counts by the clock from asking to the first answer by somebody else, or to the one that was
accepted where that came first. Behind each cell, and each sum and difference of cells, are the
minimum group of people who asked; and of those who answered first as many, or none. A week in which
fewer people asked is not there; one in which fewer answered is told as a whole.
"""

from streams.mart import DAYS_OF_WEEKS, Mart, Published, Shown, sql, weeks_of
from streams.marts.questions import TOUCHED, asked

mart = Mart(
    name="published_questions",
    table="published.question_rows",
    compute=sql(__name__, "compute", asked=asked("released.events", DAYS_OF_WEEKS)),
    grain="week",
    expected=sql(__name__, "expected"),
    touched=weeks_of(TOUCHED),
    published=Published(
        cells=(
            Shown("published.question_rows", ("outcome",)),
            Shown("published.question_topic_rows", ("topic", "outcome")),
            Shown("published.question_team_rows", ("team", "answering_team"), {"team": "Other"}),
        ),
        sides=("answerer",),
    ),
)
