from collections.abc import Iterator
from typing import BinaryIO

class JSONError(Exception): ...

class ObjectBuilder:
    value: object
    def event(self, event: str, value: object) -> None: ...

def parse(source: BinaryIO, *, use_float: bool = ...) -> Iterator[tuple[str, str, object]]: ...
