"""What can go wrong with dashboards.

DashboardError
├── NotConfigured   a setting is missing or does not fit
├── UnknownSpan     a time range in an address cannot be read
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


class BoardInvalid(DashboardError):
    """A board's declaration does not fit; the message says where and what."""


class BoardsStale(DashboardError):
    """The Grafana files are not what the boards declare: build them again."""


class PushRefused(DashboardError):
    """Grafana did not take the boards; the message says why and what to do."""
