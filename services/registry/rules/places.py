"""What a voter is told of a TPS: where it is and when it is open, in Indonesian and English."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from contracts.registry_places_events import MoveReason
from contracts.vocabulary import kelurahan_of
from services.registry.rules.regions import ZONE_LABELS, region_name
from services.registry.schemas.regions import Bilingual, PollingPlace
from services.registry.schemas.tps import TpsOut

_MONTHS_ID = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS_ID = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


_ACCESS = {
    True: Bilingual(id="Dapat dicapai dengan kursi roda.", en="Wheelchairs get in."),
    False: Bilingual(
        id="Belum dapat dicapai dengan kursi roda: mintalah bantuan KPPS.",
        en="Wheelchairs do not get in yet: ask the KPPS for help.",
    ),
    None: Bilingual(
        id="Belum diketahui apakah dapat dicapai dengan kursi roda: tanyakan kepada PPS.",
        en="It is not known whether wheelchairs get in: ask the PPS.",
    ),
}
_BRING = (
    Bilingual(
        id="KTP-el, atau surat keterangan dari Dinas Dukcapil bahwa perekaman sudah dilakukan.",
        en="Your identity card (KTP-el), or the letter of the civil registry that it has been recorded.",
    ),
    Bilingual(
        id="Surat pemberitahuan dari KPPS (C.Pemberitahuan), bila sudah diterima.",
        en="The notice of the KPPS (C.Pemberitahuan), if you have it.",
    ),
    Bilingual(
        id="Pemilih pindahan: surat keterangan pindah memilih.",
        en="Who votes here instead of at the own TPS: the letter that says so.",
    ),
)


def civil_day(day: date) -> Bilingual:
    """Return a day in words. Example: 27 November 2024 is `Rabu, 27 November 2024` and `Wednesday, 27 November 2024`."""
    return Bilingual(
        id=f"{_DAYS_ID[day.weekday()]}, {day.day} {_MONTHS_ID[day.month - 1]} {day.year}",
        en=f"{_DAYS_EN[day.weekday()]}, {day.day} {_MONTHS_EN[day.month - 1]} {day.year}",
    )


_WHY: Mapping[MoveReason, Bilingual] = MappingProxyType(
    {
        MoveReason.FLOOD: Bilingual(id=" karena banjir", en=" because of a flood"),
        MoveReason.FIRE: Bilingual(id=" karena kebakaran", en=" because of a fire"),
        MoveReason.LANDSLIDE: Bilingual(id=" karena longsor", en=" because of a landslide"),
        MoveReason.ACCESS: Bilingual(id=" karena akses", en=" because it could not be reached"),
        MoveReason.SECURITY: Bilingual(id=" karena keamanan", en=" for security"),
        MoveReason.OTHER: Bilingual(id="", en=""),
    }
)


def _moved(tps: TpsOut, label: str) -> Bilingual:
    """Return the sentence that says that a TPS was moved, empty where it was not."""
    if tps.moved is None:
        return Bilingual(id="", en="")
    since = tps.moved.since_at.astimezone(ZoneInfo(tps.zone))
    day, why = civil_day(since.date()), _WHY[tps.moved.reason]
    return Bilingual(
        id=f"DIPINDAHKAN mulai {day.id} pukul {since:%H.%M} {label}{why.id}. ",
        en=f"MOVED as of {day.en}, {since:%H:%M} {label}{why.en}. ",
    )


def polling_place(tps: TpsOut) -> PollingPlace:
    """Return what everybody may know of a TPS, with a sentence to read out.

    Source: D10: who queues at the closing time is served.
    """
    kelurahan = kelurahan_of(tps.tps_code)
    number = int(tps.tps_code[-3:])
    label = ZONE_LABELS[tps.zone]
    day = civil_day(tps.voting_date)
    opens, closes = tps.voting_opens, tps.voting_closes
    where = ", ".join(part for part in (tps.place, tps.address) if part)
    name = region_name(kelurahan)
    moved = _moved(tps, label)
    return PollingPlace.model_validate(
        {
            **tps.model_dump(include=set(PollingPlace.model_fields)),
            "number": number,
            "kelurahan": name,
            "kecamatan": region_name(tps.tps_code[:8]),
            "kabkota": region_name(tps.tps_code[:5]),
            "zone_label": label,
            "access": _ACCESS[tps.accessible],
            "bring": _BRING,
            "message": Bilingual(
                id=moved.id
                + f"TPS {number} {name}: {where}. {day.id}, pukul {opens.replace(':', '.')} sampai "
                f"{closes.replace(':', '.')} {label}. Yang sudah antre pada pukul {closes.replace(':', '.')} tetap dilayani.",
                en=moved.en + f"TPS {number} {name}: {where}. {day.en}, {opens} to {closes} {label}. "
                f"Whoever is in the queue at {closes} is served.",
            ),
        }
    )
