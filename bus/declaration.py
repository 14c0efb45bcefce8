"""Declare Headwater's topics on a broker, each as `bus.topics` says."""

from collections.abc import Iterable

from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from bus import clients
from bus.topics import ALL, Topic


def ensure_topics(
    bootstrap: clients.At, topics: Iterable[Topic] = ALL, replicas: int = -1
) -> list[str]:
    """Create the topics that the broker at `bootstrap` lacks; return the names of those made.

    A topic that exists is left as it is: its partitions are fixed, and its settings are its
    operator's. `replicas` of -1 is the broker's own default.
    """
    admin = clients.blocking_admin(bootstrap, client_id="headwater-topics")
    try:
        present = set(admin.list_topics())
        wanted = [topic for topic in topics if topic.name not in present]
        if wanted:
            admin.create_topics([_declaration(topic, replicas) for topic in wanted])
    except TopicAlreadyExistsError:
        return []  # somebody else made them at the same moment
    finally:
        admin.close()
    return [topic.name for topic in wanted]


def _declaration(topic: Topic, replicas: int) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, replicas, topic_configs=dict(topic.config))
