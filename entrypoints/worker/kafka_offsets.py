"""How far a worker is in its partitions: what may be acknowledged though work ends out of order."""

from collections.abc import Iterable, Mapping

from aiokafka import TopicPartition


class PartitionOffsets:
    """What was taken from one partition for as long as it is this worker's.

    `reached`: everything before it is done, and the broker does not know it yet.
    """

    def __init__(self) -> None:
        self.reached: int | None = None
        self._under_way: list[int] = []
        self._done: set[int] = set()

    def take(self, offset: int) -> None:
        """Note that the work of the message there is under way; offsets come in their order."""
        self._under_way.append(offset)

    def finish(self, offset: int) -> None:
        """Note that the work of the message there is done."""
        self._done.add(offset)
        while self._under_way and self._under_way[0] in self._done:
            first = self._under_way.pop(0)
            self._done.remove(first)
            self.reached = first + 1


class Offsets:
    """The partitions that are this worker's now."""

    def __init__(self) -> None:
        self._of: dict[TopicPartition, PartitionOffsets] = {}

    def of(self, partition: TopicPartition) -> PartitionOffsets:
        """Those of one partition; work that ends after `forget` tells them to nobody."""
        return self._of.setdefault(partition, PartitionOffsets())

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """These are taken away: what is not acknowledged comes again to whoever has them next."""
        for partition in partitions:
            self._of.pop(partition, None)

    def reached(self) -> dict[TopicPartition, int]:
        """What to acknowledge now."""
        reached = {partition: offsets.reached for partition, offsets in self._of.items()}
        return {partition: offset for partition, offset in reached.items() if offset is not None}

    def acknowledged(self, told: Mapping[TopicPartition, int]) -> None:
        """The broker knows these now."""
        for partition, offset in told.items():
            offsets = self._of.get(partition)
            if offsets is not None and offsets.reached == offset:
                offsets.reached = None
