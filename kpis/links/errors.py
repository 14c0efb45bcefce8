"""What goes wrong with a link.

LinkError
└── BadTable  the table that was given cannot be read as team-weeks
"""


class LinkError(Exception):
    """A link cannot be estimated, for a reason that its user can act on."""


class BadTable(LinkError):
    """The table lacks a column, or holds what is no figure: where, and what to do."""
