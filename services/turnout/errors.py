"""What can be wrong with a command or a question to turnout, beside what the chassis knows."""

from chassis.problems import Forbidden, InvalidPayload, NotFound


class TpsUnknown(NotFound):
    """No TPS of this election has that code."""

    code = "tps-unknown"
    title, title_id = "There is no such TPS", "TPS tidak ditemukan"
    learned_from = "registry"


class FormUnknown(NotFound):
    """The TPS does not vote in that contest, or the contest's choices are not known."""

    code = "form-unknown"
    title, title_id = "The TPS has no form of this contest", "TPS tidak memiliki formulir untuk pemilihan ini"
    learned_from = "registry"


class SecondPersonRequired(Forbidden):
    """The first entry of this form is by the same person; the second must be another's, made without sight of it."""

    code = "second-person-required"
    title, title_id = "Another person must make the second entry", "Entri kedua harus oleh orang lain"


class SecondDeviceRequired(Forbidden):
    """The second entry of a form must be made on another device than the first, so the token of each names its device.

    A device that is not known cannot be shown to be another one. Where the first entry has none, it is taken back or the form
    returned, and entered anew.
    """

    code = "second-device-required"
    title, title_id = (
        "The second entry must be made on another device",
        "Entri kedua harus dari perangkat lain",
    )


class ThirdPersonRequired(Forbidden):
    """Who entered a form does not settle it."""

    code = "third-person-required"
    title, title_id = "A third person must settle the form", "Formulir harus diselesaikan oleh orang ketiga"


class NotYourEntry(Forbidden):
    """Only the person who made an entry takes it back; others return the form."""

    code = "not-your-entry"
    title, title_id = "The entry is somebody else's", "Entri ini milik orang lain"


class ChoiceUnknown(InvalidPayload):
    """The form has votes for a number that is no choice of the contest."""

    code = "choice-unknown"
    title, title_id = "The contest has no such choice", "Nomor pilihan tidak ada dalam pemilihan ini"


class FindingNotThere(InvalidPayload):
    """The adjudicator lets a finding stand that the settled figures do not have."""

    code = "finding-not-there"
    title, title_id = "The figures do not have this finding", "Angka tidak memiliki temuan ini"


def tps_unknown(code: str) -> TpsUnknown:
    """Return the refusal of a code that no TPS has, or none that the caller may see."""
    return TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
