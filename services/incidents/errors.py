"""What can be wrong with a command or a question to incidents, beside what the chassis knows."""

from uuid import UUID

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


def incident_unknown(incident_id: UUID) -> IncidentUnknown:
    """Return the refusal of an id that is no incident's, or of one outside the caller's regions: both read alike."""
    return IncidentUnknown(
        f"No incident within your regions has the id {incident_id}.",
        detail_id=f"Tidak ada kejadian di wilayah Anda dengan id {incident_id}.",
    )


class ProblemUnknown(NotFound):
    """No problem of the register within the caller's regions has that id."""

    code = "problem-unknown"
    title, title_id = "There is no such problem", "Masalah tidak ditemukan"


def problem_unknown(problem_id: UUID) -> ProblemUnknown:
    """Return the refusal of an id that is no problem's within the caller's regions."""
    return ProblemUnknown(
        f"No problem within your regions has the id {problem_id}.",
        detail_id=f"Tidak ada masalah di wilayah Anda dengan id {problem_id}.",
    )


class FollowUpUnknown(NotFound):
    """No advice or task within the caller's regions has that id."""

    code = "follow-up-unknown"
    title, title_id = "There is no such advice or task", "Saran atau tugas tidak ditemukan"


def follow_up_unknown(follow_up_id: UUID) -> FollowUpUnknown:
    """Return the refusal of an id that is no advice's or task's within the caller's regions."""
    return FollowUpUnknown(
        f"No advice or task of this kind within your regions has the id {follow_up_id}.",
        detail_id=f"Tidak ada saran atau tugas di wilayah Anda dengan id {follow_up_id}.",
    )


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
