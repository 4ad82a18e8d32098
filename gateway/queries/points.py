"""The ten points of the desk, judged from a region's totals: done, of how many, and of how many nothing is known.

Pure. A point without a source says what is missing and is never ok; nothing is taken for done because nobody asked.
"""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta

from gateway.queries.point_shapes import Judged, OutreachCover, Situation, Text, part
from gateway.schemas.regions import Point, PointPart, PointStatus
from gateway.totals import below, overdue

NAMES: Mapping[int, Text] = {
    1: ("Logistics", "Logistik"),
    2: ("Polling places", "Kesiapan TPS"),
    3: ("Officers", "Petugas KPPS"),
    4: ("Participation", "Partisipasi"),
    5: ("Counting", "Penghitungan"),
    6: ("Oversight", "Pengawasan"),
    7: ("Security", "Keamanan"),
    8: ("Hoaxes", "Hoaks"),
    9: ("Health", "Kesehatan"),
    10: ("Neutrality", "Netralitas"),
}
_NOT_FOR_THIS_TOKEN: Text = (
    "Only for the desk's agencies (events:operational).",
    "Hanya untuk instansi desk (events:operational).",
)
_NOTHING: Text = ("No TPS of this region is known.", "Belum ada TPS yang dikenal di wilayah ini.")
_CHECK_IN_BEFORE = timedelta(hours=3)
"""So long before it opens a TPS's crew may be there."""
_NO_CASES: Text = ("No case has been reported.", "Belum ada kasus yang dilaporkan.")


def points_of(situation: Situation) -> list[Point]:
    """Return the ten points of a region, in their order."""
    return [_point(number, judge, situation) for number, judge in _JUDGES.items()]


def _point(number: int, judge: Callable[[Situation], Judged], situation: Situation) -> Point:
    threshold = situation.thresholds.get(number, 1.0)
    hidden = not situation.agencies and number not in _FOR_EVERYBODY
    judged = Judged("tps", missing=[_NOT_FOR_THIS_TOKEN]) if hidden else judge(situation)
    known = judged.of > 0 and judged.not_known < judged.of
    missing = judged.missing or ([] if known else [_NOTHING])
    return Point(
        number=number,
        name=NAMES[number][0],
        name_id=NAMES[number][1],
        status=_status(judged, threshold),
        unit=judged.unit,
        done=judged.done if known else None,
        of=judged.of or None,
        not_known=judged.not_known if judged.of else None,
        threshold_ratio=threshold,
        parts=judged.parts,
        missing=[text for text, _ in missing],
        missing_id=[text for _, text in missing],
    )


def _status(judged: Judged, threshold: float) -> PointStatus:
    if judged.needs_attention:
        return "attention"
    if judged.of <= 0 or judged.not_known >= judged.of:
        return "no_data"
    if judged.done < threshold * judged.of:
        return "attention"
    return "no_data" if judged.is_partial else "ok"


def _logistics(s: Situation) -> Judged:
    """Sealed boxes of all its contests received at the TPS, none open in discrepancy."""
    of, told = s.of("tps"), s.of("supply/tps")
    judged = Judged("tps", s.of("supply/tps_done"), of, of - told)
    judged.parts = [
        part(
            ("Boxes received", "Kotak diterima"),
            "boxes",
            done=s.of("boxes/received"),
            of=s.of("boxes/needed"),
        ),
        part(
            ("TPS complete in time", "TPS lengkap tepat waktu"), "tps", done=s.of("supply/tps_on_time"), of=of
        ),
    ]
    judged.needs_attention = s.of("supply/tps_discrepancy") > 0
    if told < of:
        judged.missing.append(("Needs of some TPS.", "Kebutuhan sebagian TPS."))
    if told and not s.of("boxes/known"):
        judged.not_known = of
        judged.missing.append(("No box has been packed.", "Belum ada kotak yang dikemas."))
    return judged


def _places(s: Situation) -> Judged:
    """Place confirmed, access checked, hazard known, and mitigated where it is high."""
    of, high = s.of("tps"), s.of("ready/place/high")
    mitigated, sited = min(s.mitigated, high), s.of("place/high_sited")
    done = s.of("ready/place/done")
    judged = Judged("tps", done + mitigated, of, of - done - high)
    known, checked = s.of("place/hazard_known"), s.of("check/tps")
    judged.parts = [
        part(("Place confirmed", "Lokasi dipastikan"), "tps", done=s.of("place/place"), of=of),
        part(
            ("Access checked", "Akses diperiksa"),
            "tps",
            done=s.of("place/access_checked"),
            of=of,
            not_known=of - s.of("place/access_checked"),
        ),
        part(("Hazard known", "Kerawanan bencana diketahui"), "tps", done=known, of=of, not_known=of - known),
        part(
            ("High hazard mitigated", "Rawan tinggi dimitigasi"),
            "tps",
            done=mitigated + sited,
            of=high + sited,
        ),
        part(
            ("Crew, guards and supervisor named", "KPPS, Linmas, dan pengawas ditetapkan"),
            "tps",
            done=s.of("ready/crew/done"),
            of=of,
            not_known=of - s.of("crew/tps"),
        ),
        part(
            ("Checklist complete", "Daftar periksa lengkap"),
            "tps",
            done=s.of("check/complete"),
            of=of,
            not_known=of - checked,
        ),
    ]
    if known < of:
        judged.missing.append(("Hazard class of some TPS.", "Kelas kerawanan bencana sebagian TPS."))
    if s.of("place/access_checked") < of:
        judged.missing.append(("Access of some TPS.", "Pemeriksaan akses sebagian TPS."))
    return judged


def _officers(s: Situation) -> Judged:
    """Seven KPPS named at every TPS, all of them trained."""
    of, told = s.of("tps"), s.of("crew/tps")
    judged = Judged("tps", s.of("ready/officers/done"), of, of - told + _known_gap(s, "officers", of - told))
    slots = s.of("crew/kpps/slots")
    judged.parts = [
        part(("KPPS named", "KPPS ditetapkan"), "persons", done=s.of("crew/kpps/named"), of=slots),
        part(
            ("KPPS trained", "KPPS dilatih"),
            "persons",
            done=s.of("crew/kpps/trained"),
            of=s.of("crew/kpps/named"),
            not_known=s.of("crew/kpps/training_unknown"),
        ),
        *_ways_of_officers(s),
    ]
    if told < of:
        judged.missing.append(("Rosters of some TPS.", "Daftar petugas sebagian TPS."))
    return judged


def _ways_of_officers(s: Situation) -> list[PointPart]:
    """Return how far the KPPS have come beside their training; who is there only from the voting day on."""
    sworn = _way(s, "sworn_in", ("KPPS sworn in", "KPPS dilantik"), told="crew/kpps/told")
    present = _way(s, "present", ("KPPS checked in", "KPPS hadir"), told="crew/kpps/told")
    is_the_day = s.opens_at is not None and s.now >= s.opens_at - _CHECK_IN_BEFORE
    return [sworn, _screening(s), present] if is_the_day else [sworn, _screening(s)]


def _screening(s: Situation) -> PointPart:
    name = ("KPPS screened", "KPPS diperiksa kesehatannya")
    return _way(s, "screened", name, told="crew/kpps/screening_of")


def _way(s: Situation, word: str, name: Text, *, told: str) -> PointPart:
    """Return how many KPPS have come so far, of those named; while it is said of none of them, nothing is known of any."""
    named, done = s.of("crew/kpps/named"), s.of(f"crew/kpps/{word}")
    return part(name, "persons", done=done, of=named, not_known=named - s.of(told) if done else named)


def _known_gap(s: Situation, point: str, unrostered: int) -> int:
    """Return how many TPS have a roster and are unknown all the same (nobody said who was trained)."""
    return max(0, s.of(f"ready/{point}/unknown") - unrostered)


def _participation(s: Situation) -> Judged:
    """Before the day: outreach held in each kelurahan; from the opening on: turnout against the target."""
    if s.opens_at is None or s.now < s.opens_at:
        return _outreach(s)
    judged = Judged("voters")
    listed = s.of("dpt_men") + s.of("dpt_women")
    of, reported = s.of("tps"), s.of("voted/tps")
    judged.parts = [
        part(("TPS that reported", "TPS yang melapor"), "tps", done=reported, of=of, not_known=of - reported)
    ]
    if not reported:
        judged.missing.append(
            ("No TPS has reported its turnout.", "Belum ada TPS yang melaporkan partisipasi.")
        )
        return judged
    judged.done, judged.of = s.of("voted/total"), math.ceil(s.target_ratio * listed)
    return judged


def _outreach(s: Situation) -> Judged:
    """An activity for voters held in every kelurahan; one of which nobody told anything is not known."""
    cover = s.outreach or OutreachCover(0, 0, 0)
    judged = Judged("kelurahan", cover.held, cover.of, cover.of - cover.told)
    if not cover.told:
        judged.missing.append(("No outreach has been told of.", "Belum ada sosialisasi yang dilaporkan."))
    elif cover.told < cover.of:
        judged.missing.append(("Outreach of some kelurahan.", "Sosialisasi sebagian kelurahan."))
    if s.of("outreach/held"):
        judged.parts = [
            part(
                ("Activities whose reach was counted", "Kegiatan yang dihitung pesertanya"),
                "activities",
                done=s.of("outreach/held") - s.of("reach/unknown"),
                of=s.of("outreach/held"),
                not_known=s.of("reach/unknown"),
            )
        ]
    return judged


def _counting(s: Situation) -> Judged:
    """Both entries of every form agree or are settled."""
    of = s.of("forms/expected")
    told = {state: s.of(f"tallies/{state}") for state in ("first_entered", "disputed", "held", "verified")}
    judged = Judged("forms", told["verified"], of, of - sum(told.values()))
    judged.parts = [
        part(("Entered once", "Dientri sekali"), "forms", done=told["first_entered"], of=of),
        part(("In dispute", "Berbeda"), "forms", done=told["disputed"], of=of),
        part(("Held", "Ditahan"), "forms", done=told["held"], of=of),
    ]
    judged.needs_attention = bool(told["disputed"] or told["held"])
    if not any(told.values()):
        judged.missing.append(("No form has been entered.", "Belum ada formulir yang dientri."))
    if not s.agencies:
        judged.parts, judged.needs_attention = [], False
        judged.not_known = of - told["verified"]
    return judged


def _oversight(s: Situation) -> Judged:
    """A supervisor named at every TPS, violation reports within their clock."""
    of, told = s.of("tps"), s.of("crew/tps")
    judged = Judged("tps", s.of("ready/supervisor/done"), of, of - told)
    if told < of:
        judged.missing.append(("Rosters of some TPS.", "Daftar petugas sebagian TPS."))
    _add_cases(
        judged, s, "violation", ("Violation reports within their clock", "Laporan pelanggaran tepat waktu")
    )
    return judged


def _security(s: Situation) -> Judged:
    """Two guards named and the guarding pattern known at every TPS, security incidents acknowledged."""
    of, told = s.of("tps"), s.of("crew/tps")
    judged = Judged("tps", s.of("ready/guards/done"), of, of - told + _known_gap(s, "guards", of - told))
    classed = sum(below(s.totals, "risk/security/").values())
    judged.parts = [
        part(
            ("Guards named", "Linmas ditetapkan"),
            "tps",
            done=s.of("crew/linmas/tps_named"),
            of=of,
            not_known=of - told,
        ),
        part(
            ("Security class known", "Kelas kerawanan diketahui"),
            "tps",
            done=classed,
            of=of,
            not_known=of - classed,
        ),
    ]
    judged.parts += [
        _force(s, "polri", ("Police there", "Polri hadir")),
        _force(s, "tni", ("Army there", "TNI hadir")),
    ]
    if told < of:
        judged.missing.append(("Rosters of some TPS.", "Daftar petugas sebagian TPS."))
    if not s.of("personnel/polri/planned") + s.of("personnel/tni/planned"):
        judged.missing.append(("Personnel of police and army.", "Personel Polri dan TNI."))
    if classed < of:
        judged.missing.append(("Security class of some TPS.", "Kelas kerawanan sebagian TPS."))
    _add_cases(judged, s, "security/acknowledge", ("Incidents acknowledged", "Kejadian ditanggapi"))
    return judged


def _force(s: Situation, agency: str, name: Text) -> PointPart:
    """Return the personnel of an agency that is there, of all that is planned; where nobody said, it is not known."""
    of = s.of(f"personnel/{agency}/planned")
    told = s.of(f"personnel/{agency}/planned_told")
    return part(name, "persons", done=s.of(f"personnel/{agency}/present"), of=of, not_known=of - told)


def _add_cases(judged: Judged, s: Situation, of: str, name: Text) -> None:
    """Add clocks of cases to a point that is counted in something else; late ones make it need attention."""
    kept, all_of_them, late = _cases(s, of)
    judged.parts.append(part(name, "clocks", done=kept, of=all_of_them))
    judged.needs_attention |= late > 0 or kept < s.case_threshold * all_of_them


def _cases(s: Situation, of: str) -> tuple[int, int, int]:
    """Return the clocks of a category that are kept so far, all of them, and those that run over time now."""
    ended = {
        name.removeprefix("clock/"): value
        for name, value in s.totals.items()
        if name.startswith(f"clock/{of}/")
    }
    kept = sum(value for name, value in ended.items() if name.endswith("/kept"))
    running = sum(due.count for due in s.dues if due.of == of or due.of.startswith(f"{of}/"))
    late = overdue(s.dues, now=s.now, of=of)
    return kept + running - late, sum(ended.values()) + running, late


def _cases_only(s: Situation, of: str) -> Judged:
    kept, all_of_them, late = _cases(s, of)
    judged = Judged("cases", kept, all_of_them, needs_attention=late > 0)
    if not all_of_them:
        judged.missing.append(_NO_CASES)
    return judged


def _hoaxes(s: Situation) -> Judged:
    """A verdict within the clock."""
    return _cases_only(s, "hoax/act")


_ASKED_IN = ("hospital", "clinic")
"""Kinds of facilities whose people are patients and companions (D12)."""


def _health(s: Situation) -> Judged:
    """Hospitals contacted, patients' requests answered by H-7, officers screened.

    That no request came says nothing, unless every hospital has given its list.
    """
    of = s.of("facility/hospital/total")
    listed = s.of("facility/hospital/listed")
    judged = Judged("facilities", s.of("facility/hospital/reached"), of)
    asked = sum(s.of(f"request/{kind}/asked") for kind in _ASKED_IN)
    answered = sum(s.of(f"request/{kind}/answered") for kind in _ASKED_IN)
    screening = _screening(s)
    judged.parts = [
        part(("Hospitals contacted", "Rumah sakit dihubungi"), "facilities", done=judged.done, of=of),
        part(
            ("Lists of hospitals received", "Daftar rumah sakit diterima"), "facilities", done=listed, of=of
        ),
        part(
            ("Patients' requests answered", "Permintaan pasien dijawab"), "requests", done=answered, of=asked
        ),
        screening,
    ]
    for kind in _ASKED_IN:
        kept, clocks, late = _cases(s, f"requests/{kind}")
        judged.needs_attention |= late > 0 or kept < s.case_threshold * clocks
    if not of:
        judged.missing.append(("No hospital is registered.", "Belum ada rumah sakit yang terdaftar."))
    if not asked and listed < of:
        judged.missing.append(("Requests of patients.", "Permintaan pasien."))
    if screening.not_known or not screening.of:
        judged.missing.append(("Screening of some officers.", "Skrining kesehatan sebagian petugas."))
    judged.is_partial = bool(judged.missing)
    screened = screening.of - screening.not_known
    judged.needs_attention |= screened > 0 and screening.done < s.thresholds.get(9, 1.0) * screened
    return judged


def _neutrality(s: Situation) -> Judged:
    """Cases within their clocks."""
    return _cases_only(s, "neutrality")


_JUDGES: Mapping[int, Callable[[Situation], Judged]] = {
    1: _logistics,
    2: _places,
    3: _officers,
    4: _participation,
    5: _counting,
    6: _oversight,
    7: _security,
    8: _hoaxes,
    9: _health,
    10: _neutrality,
}
_FOR_EVERYBODY = frozenset({4, 5})
