from collections.abc import Mapping, Sequence
from typing import TypedDict

from aiokafka.admin.config_resource import ConfigResource

class NewTopic:
    def __init__(
        self,
        name: str,
        num_partitions: int,
        replication_factor: int,
        replica_assignments: Mapping[int, Sequence[int]] | None = ...,
        topic_configs: Mapping[str, str] | None = ...,
    ) -> None: ...
    name: str
    num_partitions: int

class TopicDescription(TypedDict):
    error_code: int
    topic: str
    partitions: list[dict[str, object]]

class CreateTopicsResponse:
    topic_errors: list[tuple[str, int, str | None]]

class DeleteTopicsResponse:
    topic_error_codes: list[tuple[str, int]]

class DescribeConfigsResponse:
    resources: list[tuple[int, str | None, int, str, list[tuple[str, str | None, bool, int, bool]]]]

class AIOKafkaAdminClient:
    def __init__(
        self,
        *,
        bootstrap_servers: str | Sequence[str] = ...,
        client_id: str = ...,
        request_timeout_ms: int = ...,
    ) -> None: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...
    async def list_topics(self) -> list[str]: ...
    async def describe_topics(self, topics: Sequence[str] | None = ...) -> list[TopicDescription]: ...
    async def describe_configs(
        self, config_resources: Sequence[ConfigResource], include_synonyms: bool = ...
    ) -> list[DescribeConfigsResponse]: ...
    async def create_topics(
        self, new_topics: Sequence[NewTopic], timeout_ms: int | None = ..., validate_only: bool = ...
    ) -> CreateTopicsResponse: ...
    async def delete_topics(
        self, topics: Sequence[str], timeout_ms: int | None = ...
    ) -> DeleteTopicsResponse: ...
