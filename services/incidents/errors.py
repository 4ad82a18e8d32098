"""What can be wrong with a command or a question to incidents, beside what the chassis knows."""

from chassis.problems import Conflict, Forbidden, NotFound


class ElectionUnknown(NotFound):
    """The desk has no such election."""

    code = "election-unknown"
    title, title_id = "There is no such election", "Pemilihan tidak ditemukan"
    learned_from = "registry"


class PlaceUnknown(NotFound):
    """No TPS of this election has that code, or none lies in that region."""

    code = "place-unknown"
    title, title_id = "The election has no such place", "Tempat tidak ditemukan pada pemilihan ini"
    learned_from = "registry"


class IncidentUnknown(NotFound):
    """No incident within the caller's regions has that id."""

    code = "incident-unknown"
    title, title_id = "There is no such incident", "Kejadian tidak ditemukan"


class ProblemUnknown(NotFound):
    """No problem of the register within the caller's regions has that id."""

    code = "problem-unknown"
    title, title_id = "There is no such problem", "Masalah tidak ditemukan"


class FollowUpUnknown(NotFound):
    """No advice or task within the caller's regions has that id."""

    code = "follow-up-unknown"
    title, title_id = "There is no such advice or task", "Saran atau tugas tidak ditemukan"


class AgencyNotYours(Forbidden):
    """Another agency deals with this; it can be rerouted by that agency or by the desk."""

    code = "agency-not-yours"
    title, title_id = "Another agency deals with this", "Ditangani oleh instansi lain"


class NothingChanges(Conflict):
    """The command asks for what is already so."""

    code = "nothing-changes"
    title, title_id = "It is so already", "Tidak ada yang berubah"


class ClockNotExtendable(Conflict):
    """The incident has no legal clock that can be made longer: none runs, it was done before, or it has run out."""

    code = "clock-not-extendable"
    title, title_id = "The clock cannot be made longer", "Tenggat tidak dapat diperpanjang"


class DuplicateOfDuplicate(Conflict):
    """The other incident is itself taken for a duplicate, or is this one; name the one where the work goes on."""

    code = "duplicate-of-duplicate"
    title, title_id = "Name the incident where the work goes on", "Sebutkan kejadian yang ditangani"
