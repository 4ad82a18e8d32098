"""The hospitals that are known without anybody having imported them."""

import csv
from importlib import resources

from contracts.registry_events import ContactStatus, FacilityKind
from services.registry.schemas.facilities import FacilityFacts

HOSPITAL_SOURCE = "Kementerian Kesehatan, list of hospitals, about 2021 (incomplete)"


def known_hospitals(region_code: str | None) -> list[tuple[str, FacilityFacts]]:
    """Return the hospitals of a region whose list lies in `data/`, each with the ministry's code.

    Nobody has spoken with them yet. Of most regions nothing is known: the list is empty, not complete.

    Example: 14 in `32.71`, where newspapers of 2024 count 22.
    """
    if region_code is None:
        return []
    file = resources.files("services.registry").joinpath("data", f"hospitals_{region_code}.csv")
    if not file.is_file():
        return []
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return [
        (
            row["code"],
            FacilityFacts(
                kind=FacilityKind.HOSPITAL,
                name=row["name"],
                region_code=region_code,
                beds=int(row["beds"]),
                contact_status=ContactStatus.NOT_CONTACTED,
                source=HOSPITAL_SOURCE,
            ),
        )
        for row in rows
    ]
