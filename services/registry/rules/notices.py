"""An information sheet of a TPS to print and hang up: one page, without anything that has to be fetched."""

import base64
import hashlib
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from services.registry.rules.places import civil_day
from services.registry.schemas.regions import Bilingual, PollingPlace

STYLE: Final = """
@page { size: A4; margin: 18mm }
body { font: 13pt/1.4 sans-serif; color: #000; background: #fff; max-width: 174mm; margin: auto }
h1 { font-size: 30pt; margin: 0 }
h2 { font-size: 14pt; margin: 7mm 0 1mm; border-bottom: 1px solid }
p, ul { margin: 1mm 0 }
.en { color: #333; font-size: 11pt }
.rehearsal { border: 3px solid; padding: 3mm; font-weight: bold; text-align: center }
footer { margin-top: 9mm; border-top: 1px solid; font-size: 10pt }
"""
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""What the browser is told of the one style that it may use."""

_REHEARSAL = Bilingual(
    id="GLADI: ini bukan pemungutan suara sungguhan", en="REHEARSAL: this is not a real vote"
)
_NOT_OFFICIAL = Bilingual(
    id="Lembar informasi Desk Pilkada. Bukan surat pemberitahuan resmi KPU (Model C.Pemberitahuan); yang berlaku adalah "
    "pengumuman KPU, PPS, dan KPPS.",
    en="Information sheet of the election desk. Not the commission's official notice (form C.Pemberitahuan); what KPU, PPS and "
    "KPPS announce prevails.",
)


def notice(place: PollingPlace, *, election: str, as_of: datetime) -> str:
    """Return the sheet of a TPS as HTML, Indonesian first and English beside it.

    Args:
        place: what everybody may know of the TPS.
        election: its name, which says whose desk this is.
        as_of: when it was made, by the desk's clock.
    """
    day = civil_day(place.voting_date)
    hours = Bilingual(
        id=f"{day.id}, pukul {_dotted(place.voting_opens)} sampai {_dotted(place.voting_closes)} {place.zone_label}. "
        f"Yang sudah antre pada pukul {_dotted(place.voting_closes)} tetap dilayani.",
        en=f"{day.en}, {place.voting_opens} to {place.voting_closes} {place.zone_label}. "
        f"Whoever is in the queue at {place.voting_closes} is served.",
    )
    where = f"Kelurahan {place.kelurahan}, {place.kecamatan}, {place.kabkota}"
    made = as_of.astimezone(ZoneInfo(place.zone))
    parts = [
        f'<div class="rehearsal">{_both(_REHEARSAL)}</div>' if place.rehearsal else "",
        f"<h1>TPS {place.number}</h1><p>{escape(where)} · {escape(place.tps_code)}</p>",
        f"<h2>Tempat · Place</h2><p>{escape(place.place)}</p><p>{escape(place.address)}</p>{_point(place)}",
        _both(place.access),
        f"<h2>Waktu · Time</h2>{_both(hours)}",
        f"<h2>Bawalah · Bring</h2><ul>{''.join(f'<li>{_both(each)}</li>' for each in place.bring)}</ul>",
        f"<footer><p>{escape(election)} · {made:%d.%m.%Y %H:%M} {place.zone_label}</p>{_both(_NOT_OFFICIAL)}</footer>",
    ]
    title = f"TPS {place.number} {place.kelurahan}"
    return (
        f'<!doctype html><html lang="id"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _both(words: Bilingual) -> str:
    return f'<p>{escape(words.id)}</p><p class="en" lang="en">{escape(words.en)}</p>'


def _point(place: PollingPlace) -> str:
    if place.lat is None or place.lon is None:
        return ""
    return f"<p>Titik peta · Map point: {place.lat:.5f}, {place.lon:.5f} (WGS 84)</p>"


def _dotted(time: str) -> str:
    return time.replace(":", ".")
