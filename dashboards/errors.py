"""What can go wrong with dashboards.

DashboardError
├── NotConfigured   a setting is missing or does not fit
├── UnknownSpan     a time range in an address cannot be read
├── BoardsStale     the built Grafana files are not what the panels declare
└── PushRefused     Grafana did not take the boards
"""


class DashboardError(Exception):
    """Something about dashboards that its user can act on."""


class NotConfigured(DashboardError):
    """A setting is missing or does not fit; the message says which."""


class UnknownSpan(DashboardError):
    """A time range in an address cannot be read."""


class BoardsStale(DashboardError):
    """The Grafana files are not what the panels declare: build them again."""


class PushRefused(DashboardError):
    """Grafana did not take the boards; the message says why and what to do."""
