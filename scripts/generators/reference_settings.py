"""docs/reference/settings.md: every setting of every process, from the settings classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pydantic_core import PydanticUndefined

from chassis.settings import ServiceSettings
from scripts.generators._code import descendants, head, modules_called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

OWNS = ["docs/reference/settings.md"]

_WORDS = """\
A process reads its settings from the environment once, at start ([decision 16](../adr/0016-no-globals.md)). Lists and tables are
JSON. `make run` and the compose file set all of them. Secrets come as files with mode 0600 where the name ends in `_FILE`.
"""


def generate() -> Iterator[tuple[str, str]]:
    """Yields the one page."""
    lines = [
        head("Settings", "the settings classes", _WORDS),
        "## Every process\n",
        *_table(ServiceSettings, inherited=set()),
    ]
    modules_called("settings")
    for settings in sorted(set(descendants(ServiceSettings)), key=lambda kind: kind.__module__):
        own = list(_table(settings, inherited=set(ServiceSettings.model_fields)))
        if len(own) > len(_COLUMNS) + 1:
            lines += [f"## Only `{settings.__module__.removesuffix('.settings')}`\n", *own]
    yield "docs/reference/settings.md", "\n".join(lines)


_COLUMNS = ["| variable | type | default | what |", "|---|---|---|---|"]


def _table(settings: type[ServiceSettings], *, inherited: set[str]) -> Iterator[str]:
    yield from _COLUMNS
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        if name not in inherited:
            yield f"| `{prefix}{name.upper()}` | {_type(field)} | {_default(field)} | {_what(field)} |"
    yield ""


def _type(field: FieldInfo) -> str:
    annotation = cast("object", field.annotation)
    name = (
        annotation.__name__
        if isinstance(annotation, type) and not hasattr(annotation, "__args__")
        else str(annotation)
    )
    return f"`{name.replace('typing.', '')}`".replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    default = cast(
        "object",
        field.default
        if field.default is not PydanticUndefined
        else field.get_default(call_default_factory=True),
    )
    return "–" if default is None else f"`{default}`"


def _what(field: FieldInfo) -> str:
    return (field.description or "").replace("|", "\\|")
