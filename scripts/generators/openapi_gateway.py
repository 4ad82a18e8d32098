"""docs/reference/openapi.json: the public API, the gateway's own operations and those that it passes through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gateway.app import create_app
from gateway.openapi import merge
from gateway.settings import Settings
from scripts.generators import openapi_services

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNS = ["docs/reference/openapi.json"]


def generate() -> Iterator[tuple[str, str]]:
    """Yields the one document."""
    settings = Settings.model_validate(
        {
            "database_url": "postgresql://nobody@localhost/none",
            "kafka_bootstrap": "none:0",
            "jwks": "none",
            "issuer": "http://desk",
        }
    )
    own = create_app(settings).state.own_openapi()
    services = {Path(path).stem: json.loads(text) for path, text in openapi_services.generate()}
    document = merge(own, services)  # of the services as they are now, whether or not theirs were written yet
    info = cast("dict[str, object]", document["info"])
    info["x-generated-by"] = "scripts/generate openapi_gateway"
    yield "docs/reference/openapi.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n"
