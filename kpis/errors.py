"""What can be wrong with figures that are to be loaded.

KpiError
└── InvalidFigure   a cell of the file says something that is no figure, period or direction
"""


class KpiError(Exception):
    """Something about KPIs that whoever brings them can put right."""


class InvalidFigure(KpiError):
    """A cell that cannot be read; the message says what it holds and what would be right."""
