"""What can go wrong with dashboards.

DashboardError
├── NotConfigured   a setting is missing or does not fit
├── UnknownSpan     a time range in an address cannot be read
├── ViewRefused     a view cannot be saved or removed like this
├── ViewsDamaged    the file of saved views cannot be read
├── BoardInvalid    a board's declaration does not fit, or its SQL is missing
├── BoardsStale     the built Grafana files are not what the boards declare
└── PushRefused     Grafana did not take the boards
"""


class DashboardError(Exception):
    """Something about dashboards that its user can act on."""


class NotConfigured(DashboardError):
    """A setting is missing or does not fit; the message says which."""


class UnknownSpan(DashboardError):
    """A time range in an address cannot be read."""


class ViewRefused(DashboardError):
    """A view cannot be saved or removed like this; the message says why."""


class ViewsDamaged(DashboardError):
    """The file of saved views cannot be read; the message names it."""


class BoardInvalid(DashboardError):
    """A board's declaration does not fit; the message says where and what."""


class BoardsStale(DashboardError):
    """The Grafana files are not what the boards declare: build them again."""


class PushRefused(DashboardError):
    """Grafana did not take the boards; the message says why and what to do."""
