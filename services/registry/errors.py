"""What can be wrong with a command or a question to the registry, beside what the chassis knows."""

from chassis.problems import (
    Conflict,
    NotFound,
    PreconditionRequired,
    TooManyRequests,
    Unavailable,
    WrongState,
)


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


class TrainingUnknown(NotFound):
    """The election has no training session with that code."""

    code = "training-unknown"
    title, title_id = "There is no such training session", "Pelatihan tidak ditemukan"


class RequestUnknown(NotFound):
    """The facility made no such request."""

    code = "facility-request-unknown"
    title, title_id = "There is no such request", "Permintaan tidak ditemukan"


class PersonnelUnknown(NotFound):
    """The operation has nobody of that agency at that place."""

    code = "personnel-unknown"
    title, title_id = "Nothing is known of this personnel", "Data personel tidak ditemukan"


class LetterKnown(Conflict):
    """The facility sent a letter of that number already."""

    code = "letter-known"
    title, title_id = "The letter is recorded already", "Surat sudah tercatat"


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


class VoterUnknown(NotFound):
    """The list has no such voter within the caller's regions; a voter elsewhere gets the same answer."""

    code = "voter-unknown"
    title, title_id = "There is no such voter", "Pemilih tidak ditemukan"


class VoterMoved(WrongState):
    """The row is that of a TPS which the voter has left; the voter has another row by now."""

    code = "voter-moved"
    title, title_id = "The voter votes at another TPS by now", "Pemilih sudah pindah TPS"


class VoterStruck(WrongState):
    """The voter was struck from the list."""

    code = "voter-struck"
    title, title_id = "The voter was struck from the list", "Pemilih sudah dicoret dari daftar"


class VoterListed(Conflict):
    """The election's list has this NIK already."""

    code = "voter-listed"
    title, title_id = "The list has this voter already", "Pemilih sudah ada dalam daftar"


class MoveClosed(WrongState):
    """Moves to another TPS are closed for this reason (D12)."""

    code = "move-closed"
    title, title_id = "Moving to another TPS is closed", "Pindah memilih sudah ditutup"


class NothingToVoteFor(WrongState):
    """No contest of the TPS covers where the voter comes from, so there is no ballot (D13)."""

    code = "nothing-to-vote-for"
    title, title_id = "The voter would get no ballot there", "Pemilih tidak memperoleh surat suara di sana"


class VotersToReseal(WrongState):
    """Rows are sealed with an older key, by which a family cannot be told from another one."""

    code = "voters-to-reseal"
    title, title_id = (
        "Seal the list with the current key first",
        "Segel ulang daftar dengan kunci terkini dahulu",
    )


class NothingToReassign(WrongState):
    """The voters of these TPS cannot be split or merged so (D1)."""

    code = "nothing-to-reassign"
    title, title_id = (
        "These TPS cannot be split or merged so",
        "TPS ini tidak dapat dipecah atau digabung begitu",
    )


class NikAskedTooOften(TooManyRequests):
    """Somebody asked about one NIK too often; whoever asks about another one is not held up."""

    code = "nik-asked-too-often"
    title, title_id = "This NIK was asked about too often", "NIK ini terlalu sering ditanyakan"


class DeviceAskedTooOften(TooManyRequests):
    """A device that named itself asked too often; another one of its address is not held up."""

    code = "device-asked-too-often"
    title, title_id = "This device asked too often", "Perangkat ini terlalu sering bertanya"


class ProofNeeded(PreconditionRequired):
    """Many look-ups found nobody lately: until that ends each costs the asker some computing; `challenge` says what."""

    code = "proof-needed"
    title, title_id = "Solve the challenge and ask again", "Selesaikan tantangan lalu tanyakan lagi"
