"""What the gateway keeps of logistics' events."""

from gateway.projections import Fold

FOLDS: dict[str, Fold | None] = {}
