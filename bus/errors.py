"""What goes wrong on the way to Kafka.

BusError
├── NotConfigured      the settings name no way in
├── BrokerUnavailable  Kafka did not acknowledge: try again
└── OffsetGap          records that had to be read are gone from the topic
"""


class BusError(Exception):
    """Something about the way to Kafka that its operator can act on."""


class NotConfigured(BusError):
    """The settings contradict each other, or lack something."""


class BrokerUnavailable(BusError):
    """Kafka did not acknowledge in time; nothing is known to be written."""


class OffsetGap(BusError):
    """The topic no longer holds what comes next: nothing is skipped silently."""
