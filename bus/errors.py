"""What goes wrong on the way to Kafka.

BusError
└── NotConfigured  the settings name no way in
"""


class BusError(Exception):
    """Something about the way to Kafka that its operator can act on."""


class NotConfigured(BusError):
    """The settings contradict each other, or lack something."""
