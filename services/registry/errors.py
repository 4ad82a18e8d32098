"""What can be wrong with a command or a question to the registry, beside what the chassis knows."""

from collections.abc import Mapping

from chassis.problems import (
    Conflict,
    Forbidden,
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


class AgencyUnknown(NotFound):
    """No agency has that id."""

    code = "agency-unknown"
    title, title_id = "There is no such agency", "Instansi tidak ditemukan"


class ClientUnknown(NotFound):
    """The agency has no such application."""

    code = "client-unknown"
    title, title_id = "There is no such application", "Aplikasi tidak ditemukan"


class SecretUnknown(NotFound):
    """The application has no such secret."""

    code = "secret-unknown"
    title, title_id = "There is no such secret", "Rahasia tidak ditemukan"


class PersonUnknown(NotFound):
    """The agency has nobody of that pseudonym."""

    code = "person-unknown"
    title, title_id = "There is no such person", "Orang ini tidak ditemukan"


class DeviceUnknown(NotFound):
    """The agency has no such device."""

    code = "device-unknown"
    title, title_id = "There is no such device", "Perangkat tidak ditemukan"


class ClientOfOtherAgency(Conflict):
    """The id of an application holds on the whole desk, and another agency has it."""

    code = "client-of-other-agency"
    title, title_id = "Another agency has this application", "Aplikasi ini milik instansi lain"


class ClientRevoked(WrongState):
    """The application was revoked, for good."""

    code = "client-revoked"
    title, title_id = "The application was revoked", "Aplikasi sudah dicabut"


class TooManySecrets(WrongState):
    """An application has a few secrets at a time, so that old ones are not forgotten."""

    code = "too-many-secrets"
    title, title_id = "The application has enough secrets", "Aplikasi sudah memiliki cukup rahasia"


class CodeNotAccepted(Forbidden):
    """The code of an enrolment is wrong, was used by another device, is too old, or of a revoked device: it is not said which."""

    code = "enrolment-code-not-accepted"
    title, title_id = "This code is not accepted", "Kode ini tidak diterima"


class ClientAskedTooOften(TooManyRequests):
    """An application asked for tokens too often; whoever shares its network address is not held up."""

    code = "client-asked-too-often"
    title, title_id = "This application asked too often", "Aplikasi ini terlalu sering meminta"


class OAuthRefusal(Exception):
    """What the token endpoint refuses (RFC 6749 section 5.2): no problem, for OAuth's own clients read OAuth's form.

    Args:
        error: OAuth's word for it.
        description: one sentence for developers, without what was sent.
        description_id: the same in Indonesian, in ASCII as OAuth wants it.
    """

    def __init__(self, error: str, description: str, description_id: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.description_id = description_id

    @property
    def status(self) -> int:
        """Return the HTTP status: 401 where nobody proved themselves, else 400."""
        return 401 if self.error == "invalid_client" else 400

    def headers(self) -> Mapping[str, str]:
        """Return the response headers that belong to it."""
        challenge = {"WWW-Authenticate": 'Basic realm="desk"'} if self.status == 401 else {}
        return {"Cache-Control": "no-store", **challenge}

    def document(self, language: str) -> dict[str, str]:
        """Return the JSON body."""
        told = self.description_id if language == "id" else self.description
        return {"error": self.error, "error_description": told}


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
