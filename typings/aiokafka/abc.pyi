from abc import ABC, abstractmethod

from aiokafka.structs import TopicPartition

class ConsumerRebalanceListener(ABC):
    @abstractmethod
    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None: ...
    @abstractmethod
    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None: ...
