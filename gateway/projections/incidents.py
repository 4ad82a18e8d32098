"""What the gateway keeps of incidents' events."""

from gateway.projections import Fold

FOLDS: dict[str, Fold | None] = {}
