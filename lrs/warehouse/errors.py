"""What can go wrong between Headwater and its warehouse.

WarehouseError
├── WarehouseUnavailable   nobody answers, or it refuses writes for now: try again
└── MigrationError         the schema could not be brought up to date
"""


class WarehouseError(Exception):
    """The warehouse did not do what was asked; the message says what and why."""


class WarehouseUnavailable(WarehouseError):
    """The warehouse does not answer or refuses writes at the moment; the same call may succeed."""


class MigrationError(WarehouseError):
    """A migration failed, or the schema is newer than this version knows."""
