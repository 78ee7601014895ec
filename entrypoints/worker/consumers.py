"""What a worker process is woken by, as the settings say."""

from config.bad_setting import BadSetting
from config.container import Container
from config.services import QueueKind
from entrypoints.worker.core import Consumer

_NO_QUEUE = "without RABBITMQ_URL, KAFKA_BROKER_URL and this one the server judges by itself"


def consumer_of(container: Container) -> Consumer:
    """The receiving end of the queue whose sending end the container has.

    Raises:
        BadSetting: there is no queue beyond this process.
    """
    match container.settings().services.queue:
        case QueueKind.REDIS | QueueKind.RABBITMQ:
            from entrypoints.worker.dramatiq import DramatiqConsumer  # noqa: PLC0415 - an extra

            return DramatiqConsumer(container.queue().broker, container.clock())
        case QueueKind.KAFKA:
            from entrypoints.worker.kafka import KafkaConsumer  # noqa: PLC0415 - an extra

            services = container.settings().services
            return KafkaConsumer(
                brokers=services.kafka_brokers or "",
                topic=services.kafka_topic,
                prepare=container.queue().prepare,
                clock=container.clock(),
            )
        case QueueKind.IN_PROCESS:
            raise BadSetting("REDIS_URL", f"or another queue has to be set: {_NO_QUEUE}")
