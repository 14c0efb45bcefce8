"""What viewers are shown of what is read: how much of the reading goes to what nobody keeps up.

A reading (behaviour `read`) is of an object in a state, as of its week's end: `orphaned`, where all
who were seen to write it have left; `stale`, where nobody wrote it for 180 days; `rising`, where
five read it in four weeks, and half as many again as in the four before; `unseen`, where nobody was
seen to write it; else `kept`. To write is what it is in the mart `flows`. No object is named: its
name may be for few. Behind each cell, and each sum and difference of cells, are the minimum group
of readers, and as many who wrote it first, or nobody who is known.
"""

from streams.mart import Mart, Published, Shown, sql

mart = Mart(
    name="published_content",
    table="published.content_rows",
    compute=sql(__name__, "compute"),
    grain="week",
    expected=sql(__name__, "expected"),
    touched=sql(__name__, "touched"),
    published=Published(
        cells=(
            Shown("published.content_rows", ("state",)),
            Shown("published.content_topic_rows", ("topic", "state")),
        ),
        sides=("author",),
        apart=True,
    ),
)
