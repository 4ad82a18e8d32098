"""The codes of findings on points of places. A code is never renamed and never gets another meaning."""

from typing import Final

from contracts.legal_rules.model import FindingCode, Subject

PLACE_CODES: Final[dict[str, FindingCode]] = {
    finding.code: finding
    for finding in (
        FindingCode(
            "W-TPS-OUTSIDE",
            None,
            "The point of the TPS lies outside the boundary of its kelurahan.",
            "Titik TPS berada di luar batas kelurahannya.",
            Subject.TPS,
        ),
        FindingCode(
            "W-TPS-SAME-POINT",
            None,
            "Another TPS stands at the same point, or a few metres away.",
            "TPS lain berada pada titik yang sama, atau beberapa meter darinya.",
            Subject.TPS,
        ),
        FindingCode(
            "W-BOUNDARY-OVERLAP",
            None,
            "The boundary overlaps that of a neighbour by more than 2 % of the smaller one.",
            "Batas wilayah tumpang tindih dengan tetangganya lebih dari 2 % luas wilayah yang lebih kecil.",
            Subject.BOUNDARY,
        ),
    )
}
