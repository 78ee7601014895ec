"""The topics of the queue, and how they come to be."""

from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

_AS_THE_BROKER_HAS_IT = -1
_WEEK_MS = 7 * 24 * 60 * 60 * 1_000
_DEAD_LETTERS = {"cleanup.policy": "compact,delete", "retention.ms": str(_WEEK_MS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Names, derived from that of the topic that wake-ups are sent to."""

    wake_ups: str

    @property
    def retry(self) -> str:
        """Wake-ups that failed, each with the moment before which it is not tried again."""
        return f"{self.wake_ups}.retry"

    @property
    def dead(self) -> str:
        """Wake-ups that were given up; compacted, so that an empty message takes one out."""
        return f"{self.wake_ups}.dead"

    @property
    def workers(self) -> str:
        """The consumer group of all workers."""
        return f"{self.wake_ups}.workers"

    async def create_missing(self, admin: AIOKafkaAdminClient, partitions: int) -> None:
        """Create those that nobody created before, with the broker's default of replicas."""
        there = set(await admin.list_topics())
        wanted = [
            _topic(self.wake_ups, partitions),
            _topic(self.retry, partitions),
            _topic(self.dead, 1, _DEAD_LETTERS),
        ]
        missing = [topic for topic in wanted if topic.name not in there]
        if not missing:
            return
        answer = await admin.create_topics(missing)
        for _, code, message in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(message)


def _topic(name: str, partitions: int, configuration: dict[str, str] | None = None) -> NewTopic:
    return NewTopic(
        name,
        num_partitions=partitions,
        replication_factor=_AS_THE_BROKER_HAS_IT,
        replica_assignments={},
        topic_configs=configuration,
    )
