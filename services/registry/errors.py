"""What can be wrong with a command or a question to the registry, beside what the chassis knows."""

from chassis.problems import Conflict, NotFound, TooManyRequests, Unavailable, WrongState


class ElectionUnknown(NotFound):
    """No election has that id."""

    code = "election-unknown"
    title, title_id = "There is no such election", "Pemilihan tidak ditemukan"


class ContestUnknown(NotFound):
    """The election has no such contest."""

    code = "contest-unknown"
    title, title_id = "There is no such contest", "Kontes pemilihan tidak ditemukan"


class TpsUnknown(NotFound):
    """No TPS of this election has or had that code."""

    code = "tps-unknown"
    title, title_id = "There is no such TPS", "TPS tidak ditemukan"


class RegionUnknown(NotFound):
    """No region has that code."""

    code = "region-unknown"
    title, title_id = "There is no such region", "Wilayah tidak ditemukan"


class SlotEmpty(NotFound):
    """Nobody holds that slot of the roster."""

    code = "roster-slot-empty"
    title, title_id = "Nobody holds this slot", "Tidak ada petugas pada posisi ini"


class FacilityUnknown(NotFound):
    """The election has no facility with that code."""

    code = "facility-unknown"
    title, title_id = "There is no such facility", "Fasilitas tidak ditemukan"


class RegionGroupUnknown(NotFound):
    """No group of regions has that name."""

    code = "region-group-unknown"
    title, title_id = "There is no such group of regions", "Kelompok wilayah tidak ditemukan"


class ImportUnknown(NotFound):
    """There is no such import, or it is somebody else's."""

    code = "import-unknown"
    title, title_id = "There is no such import", "Impor tidak ditemukan"


class RehearsalMismatch(Conflict):
    """A rehearsal's election on a desk of the real day, or the other way round; the two never mix."""

    code = "rehearsal-mismatch"
    title, title_id = "Rehearsal and real election never mix", "Gladi dan pemilihan sungguhan tidak dicampur"


class VotingDateFixed(WrongState):
    """TPS are registered that vote on the election's day; each can be given a day of its own."""

    code = "voting-date-fixed"
    title, title_id = "TPS are registered for this day", "Sudah ada TPS yang terdaftar untuk hari ini"


class ChoicesNumbered(WrongState):
    """The pairs have their numbers, and no decision that changes them was named (D23)."""

    code = "choices-numbered"
    title, title_id = "The choices are numbered", "Nomor urut pilihan sudah ditetapkan"


class TpsRenumbered(WrongState):
    """The code is a former one; its TPS has another by now."""

    code = "tps-renumbered"
    title, title_id = "The TPS has another code by now", "TPS sudah memiliki kode lain"


class TpsCodeTaken(Conflict):
    """Another TPS has that code."""

    code = "tps-code-taken"
    title, title_id = "Another TPS has this code", "Kode ini dipakai TPS lain"


class OfficerElsewhere(Conflict):
    """The person holds another slot of this election; one person holds one."""

    code = "officer-elsewhere"
    title, title_id = "The person holds another slot", "Petugas sudah tercatat pada posisi lain"


class AssessmentOlder(Conflict):
    """A newer assessment of this risk is known."""

    code = "assessment-older"
    title, title_id = "A newer assessment is known", "Sudah ada penilaian yang lebih baru"


class GroupOfOtherElection(Conflict):
    """The name of a group holds on the whole desk, and another election defined it."""

    code = "region-group-of-other-election"
    title, title_id = "Another election defined this group", "Kelompok ini milik pemilihan lain"


class VotersUnavailable(Unavailable):
    """The keys that the list of voters is sealed with are not here, so nobody can be found or entered."""

    code = "voters-unavailable"
    title, title_id = "The list of voters cannot be read", "Daftar pemilih tidak dapat dibaca"


class NikAskedTooOften(TooManyRequests):
    """Somebody asked about one NIK too often; whoever asks about another one is not held up."""

    code = "nik-asked-too-often"
    title, title_id = "This NIK was asked about too often", "NIK ini terlalu sering ditanyakan"


class OutreachUnknown(NotFound):
    """The election has no activity with that code."""

    code = "outreach-unknown"
    title, title_id = "There is no such activity", "Kegiatan tidak ditemukan"


class BoundaryUnknown(NotFound):
    """Nobody has brought the boundary of that region."""

    code = "boundary-unknown"
    title, title_id = "The boundary is not known", "Batas wilayah belum diketahui"


class NotBegun(WrongState):
    """Something is told to be done whose time has not come by the desk's clock."""

    code = "not-begun"
    title, title_id = "It has not begun", "Belum dimulai"
