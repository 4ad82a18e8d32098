"""What files of places and stages are about: the columns that say it, and those that a file must have."""

from services.registry.schemas.imports import ImportKind

KEYS_OF_PLACES: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CHECKLIST: ("tps_code", "item"),
    ImportKind.RISK_LAYER: ("tps_code",),
    ImportKind.BOUNDARIES: ("code",),
    ImportKind.REGION_CHANGES: ("list", "old_code", "new_code"),
    ImportKind.OUTREACH: ("code",),
}
NEEDED_OF_PLACES: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CHECKLIST: ("tps_code", "item", "answer", "as_of"),
    ImportKind.RISK_LAYER: ("tps_code", "kind", "risk_class", "as_of", "why"),
    ImportKind.BOUNDARIES: ("code", "name", "geometry"),
    ImportKind.REGION_CHANGES: ("list", "old_code", "new_code", "as_of"),
    ImportKind.OUTREACH: ("code", "state", "title", "organiser", "region_code", "day", "starts", "as_of"),
}
