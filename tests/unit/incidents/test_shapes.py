"""What callers send: bounded, printable, without personal numbers."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from services.incidents.schemas.incidents import CorrectionIn, IncidentIn
from services.incidents.schemas.public_reports import PublicReportIn

GOOD = {
    "category": "disaster",
    "tps_code": "32.71.06.1002.028",
    "description": "Banjir bandang 20-50 cm",
    "occurred_at": "2024-11-26T14:30:00+07:00",
}


def test_a_report_is_taken() -> None:
    report = IncidentIn.model_validate({**GOOD, "tps_code": "3271061002028"})
    assert report.code == "32.71.06.1002.028"
    assert report.occurred_at == datetime(2024, 11, 26, 7, 30, tzinfo=UTC)
    assert report.occurred_at.tzinfo is UTC


@pytest.mark.parametrize(
    "change",
    [
        {"tps_code": None},
        {"region_code": "32.71"},
        {"lat": -6.5},
        {"lat": 91, "lon": 106.8},
        {"lat": float("nan"), "lon": 106.8},
        {"description": ""},
        {"description": "   "},
        {"description": "x" * 2001},
        {"description": "a\x00b"},
        {"title": "two\nlines"},
        {"category": "weather"},
        {"occurred_at": "2024-11-26T14:30:00"},
        {"occurred_at": "0001-01-01T00:00:00+14:00"},
        {"occurred_at": "9999-12-31T23:59:59-14:00"},
        {"reporter": "Budi"},
        {"tps_code": "32.71.06.1002.28"},
    ],
)
def test_a_report_without_its_shape_is_not(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        IncidentIn.model_validate(GOOD | change)


def test_personal_numbers_are_masked_before_anything_is_kept() -> None:
    text = "Lapor ke 081234567890, NIK 3271064508900001, budi@example.org"
    report = PublicReportIn.model_validate({"category": "hoax", "region_code": "32.71", "description": text})
    assert report.description == "Lapor ke [phone], NIK [nik], [email]"
    titled = IncidentIn.model_validate({**GOOD, "title": "Telepon 081234567890"})
    assert titled.title == "Telepon [phone]"


def test_a_correction_says_something() -> None:
    with pytest.raises(ValidationError, match="say what"):
        CorrectionIn.model_validate({"reason": "salah"})
    assert CorrectionIn.model_validate({"reason": "salah", "severity": "high"}).code is None
