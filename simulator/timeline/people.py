"""The people of the simulated days: pseudonyms, devices, and the region that each one's token covers."""

from collections.abc import Mapping
from types import MappingProxyType

from contracts.access import Role
from contracts.incidents_events import IncidentCategory
from simulator.plan.model import TpsPlan
from simulator.timeline.actions import Person

KPPS_PER_TPS = 7
"""The crew of a TPS; number 1 is the chair."""

GUARDS_PER_TPS = 2

FORMS_PER_DESK = 150
"""Forms that one person types in an evening and a night."""

AGENCY_OF: Mapping[IncidentCategory, Role] = MappingProxyType(
    {
        IncidentCategory.DISASTER: Role.BPBD,
        IncidentCategory.SECURITY: Role.POLICE,
        IncidentCategory.VIOLATION: Role.OVERSIGHT,
        IncidentCategory.NEUTRALITY: Role.OVERSIGHT,
        IncidentCategory.HOAX: Role.DESK,
        IncidentCategory.HEALTH: Role.HEALTH,
        IncidentCategory.LOGISTICS: Role.DESK,
        IncidentCategory.SOCIAL: Role.DESK,
    }
)
"""Who handles an incident of a category."""


def chair(tps: str) -> Person:
    """Return the chair of a TPS's crew, with the crew's telephone."""
    return Person(Role.KPPS, f"kpps-{tps}-1", f"telepon-{tps}-1", tps)


def supervisor(tps: str) -> Person:
    """Return a TPS's supervisor."""
    return Person(Role.PTPS, f"ptps-{tps}", f"telepon-ptps-{tps}", tps)


def kelurahan_committee(kelurahan: str) -> Person:
    """Return the secretary of a kelurahan's committee."""
    return Person(Role.PPS, f"pps-{kelurahan}-1", f"telepon-pps-{kelurahan}", kelurahan)


def kecamatan_committee(kecamatan: str) -> Person:
    """Return the logistics member of a kecamatan's committee."""
    return Person(Role.PPK, f"ppk-{kecamatan}-1", f"telepon-ppk-{kecamatan}", kecamatan)


def courier(kelurahan: str) -> Person:
    """Return the driver of a kelurahan's shipment."""
    return Person(Role.COURIER, f"kurir-{kelurahan}", f"telepon-kurir-{kelurahan}", kelurahan)


def warehouse_keeper(kabkota: str) -> Person:
    """Return the keeper of a kab/kota's warehouse."""
    return Person(Role.WAREHOUSE, f"gudang-{kabkota}-1", f"pemindai-gudang-{kabkota}", kabkota)


def agency(role: Role, kabkota: str) -> Person:
    """Return an agency's officer on duty for a kab/kota."""
    return Person(role, f"{role}-{kabkota}-1", f"komputer-{role}-{kabkota}", kabkota)


def resident(kelurahan: str, number: int) -> Person:
    """Return a member of the public."""
    return Person(None, f"warga-{kelurahan}-{number}", "peramban", kelurahan)


def _typist(role: Role, kecamatan: str, number: int) -> Person:
    return Person(
        role, f"{role}-{kecamatan}-{number:02d}", f"komputer-{role}-{kecamatan}-{number:02d}", kecamatan
    )


def typists(kecamatan: str, *, index: int, forms: int) -> tuple[Person, Person]:
    """Return the two people who type a form in: an operator and a verifier, never one person twice.

    Args:
        kecamatan: the desk that types.
        index: the form's place in the kecamatan's row of forms.
        forms: how many forms the kecamatan has.
    """
    desks = max(2, -(-forms // FORMS_PER_DESK))
    return (
        _typist(Role.OPERATOR, kecamatan, index % desks + 1),
        _typist(Role.VERIFIER, kecamatan, index // desks % desks + 1),
    )


def adjudicator(kecamatan: str) -> Person:
    """Return the person who settles a kecamatan's forms."""
    return _typist(Role.ADJUDICATOR, kecamatan, 1)


def kabkota_of(tps: TpsPlan) -> str:
    """Return the kab/kota of a TPS. Example: `32.71`."""
    return tps.code[:5]
