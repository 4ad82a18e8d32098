"""OpenAPI of every service's public operations, from its routes; the gateway passes through what stands in them."""

import importlib
import json
from collections.abc import Iterator

from contracts.vocabulary import Service

OWNS = ["contracts/openapi/*.json"]


PUBLIC = ("/v1/", "/.well-known/")
"""Beginnings of what the gateway passes through; everything else is a process's own."""


def generate() -> Iterator[tuple[str, str]]:
    """Write one document per service, with the operations under `/v1/` and `/.well-known/` alone.

    A service that cannot be imported ends the run: its document would else be taken for one that nothing makes any more.
    """
    for service in Service:
        module = importlib.import_module(f"services.{service}.app")
        settings = importlib.import_module(f"services.{service}.settings").Settings.model_validate(
            {
                "database_url": "postgresql://nobody@localhost/none",
                "kafka_bootstrap": "none:0",
                "jwks": "none",
                "issuer": "http://desk",
            }
        )
        document = module.create_app(settings).openapi()
        document["info"]["x-generated-by"] = "scripts/generate openapi_services"
        document["paths"] = {path: ops for path, ops in document["paths"].items() if path.startswith(PUBLIC)}
        yield f"contracts/openapi/{service}.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n"
