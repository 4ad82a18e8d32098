"""The base of every service's tables."""

from typing import ClassVar

from sqlmodel import SQLModel


class ServiceTable(SQLModel):
    """Derive each service's own base from this one, with a registry of its own.

    SQLModel's default registry and metadata are shared by the whole process, and a test runs several services in one.

        class Table(ServiceTable, registry=registry(metadata=MetaData())):
            ...
    """

    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride] - always a plain name with us
