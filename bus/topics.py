"""The Kafka topics: names, partitions and how long each keeps what it holds.

One table, read by whoever declares, writes or reads a topic. The number of partitions is fixed when
a topic is created: keys keep their partition for good, and order in time is restored from event
times, never assumed from a partition.
"""

from dataclasses import dataclass, field

from xapi import documents

DAY_MS = 86_400_000
MEBIBYTE = 1 << 20

#: The largest record of `xapi.statements` and so the largest request, in bytes.
STATEMENTS_MAX_BYTES = 16 * MEBIBYTE
#: A refused request is kept whole: 25 MiB of body (GitHub's limit) grow by a third in base64.
REJECTED_MAX_BYTES = 40 * MEBIBYTE


@dataclass(frozen=True)
class Topic:
    """A topic as it is declared on the broker.

    `config` holds Kafka's own topic settings, as strings.
    """

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)


STATEMENTS = Topic(
    "xapi.statements",
    8,
    {
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(STATEMENTS_MAX_BYTES + MEBIBYTE),
        "retention.ms": str(30 * DAY_MS),
        "retention.bytes": str(4 << 30),  # a partition; eight of them hold 32 GiB
    },
)
REJECTED = Topic(
    "xapi.rejected",
    1,
    {
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(REJECTED_MAX_BYTES + MEBIBYTE),
        "retention.ms": str(30 * DAY_MS),
        "retention.bytes": str(4 << 30),
    },
)
EVENTS = Topic(
    "learning.events",
    8,
    {"retention.ms": str(7 * DAY_MS), "retention.bytes": str(1 << 30)},
)
#: One partition: a load's closing record must come after its people.
PEOPLE = Topic("directory.people", 1, {"cleanup.policy": "compact"})
#: One partition, for the same reason.
OBSERVATIONS = Topic("kpi.observations", 1, {"retention.ms": str(30 * DAY_MS)})
#: Who may use the LRS, by name; one partition, so that whoever has read its end knows them all.
CREDENTIALS = Topic("lrs.credentials", 1, {"cleanup.policy": "compact"})

#: What clients want done to State and profile documents, in the order in which it is decided.
DOCUMENTS = Topic(
    "xapi.documents",
    8,
    {
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(documents.MAX_BYTES + MEBIBYTE),
        "retention.ms": str(30 * DAY_MS),
        "retention.bytes": str(4 << 30),
    },
)

#: What happened to work items, keyed by item.
SIGNALS = Topic(
    "work.signals", 8, {"retention.ms": str(7 * DAY_MS), "retention.bytes": str(1 << 30)}
)
#: That a stream of a connection has something new; worth nothing once the poller has looked.
NUDGES = Topic("poller.nudges", 1, {"retention.ms": str(DAY_MS)})
#: How far the poller has read each stream of each connection.
CURSORS = Topic("poller.cursors", 1, {"cleanup.policy": "compact"})
#: What a part did for each connection, told again as it goes on; the warehouse keeps the newest.
CONNECTIONS = Topic("ops.connections", 1, {"retention.ms": str(7 * DAY_MS)})

ALL = (
    STATEMENTS,
    REJECTED,
    EVENTS,
    PEOPLE,
    OBSERVATIONS,
    CREDENTIALS,
    DOCUMENTS,
    SIGNALS,
    NUDGES,
    CURSORS,
    CONNECTIONS,
)

#: The consumer groups whose committed positions installations have: their names never change.
WORKER_GROUP = "headwater-streams"
RECORDER_GROUP = "recorded"
DOCUMENTS_GROUP = "documents"
