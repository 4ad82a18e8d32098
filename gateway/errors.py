"""What can be wrong with a question to the gateway, beside what the chassis knows."""

from chassis.problems import BadRequest, Forbidden, NotFound, Unauthenticated, Unavailable


class RegionUnknown(NotFound):
    """Nothing of this election is known in that region."""

    code = "region-unknown"
    title, title_id = "Nothing is known of that region", "Tidak ada data untuk wilayah itu"
    learned_from = "registry"


class NotYetProjected(Unavailable):
    """The version that `Desk-After` names has not arrived in the projections within two seconds."""

    code = "not-yet-projected"
    title, title_id = "What you wait for has not arrived yet", "Data yang ditunggu belum sampai"
    retryable = True


class TicketInvalid(Unauthenticated):
    """The stream ticket was used before, is older than sixty seconds, or never was one."""

    code = "ticket-invalid"
    title, title_id = "The stream ticket is not valid", "Tiket aliran tidak berlaku"


class DoorShut(Unavailable):
    """The service behind the door does not answer; nothing was sent to it."""

    code = "service-away"
    title, title_id = "The service is away", "Layanan sedang tidak tersedia"
    retryable = True


class TpsUnknown(NotFound):
    """No TPS of this election has that code, or had it before."""

    code = "tps-unknown"
    title, title_id = "No such TPS", "TPS tidak dikenal"
    learned_from = "registry"


class ElectionUnknown(NotFound):
    """The registry has not told of such an election."""

    code = "election-unknown"
    title, title_id = "There is no such election", "Pemilihan tidak ditemukan"
    learned_from = "registry"


class ContestUnknown(NotFound):
    """No such contest is held in that region."""

    code = "contest-unknown"
    title, title_id = "No such contest is held there", "Tidak ada pemilihan itu di wilayah tersebut"
    learned_from = "registry"


class PositionInvalid(BadRequest):
    """`Desk-After` is not a position as `Desk-Position` tells it: `<aggregate>@<version>`."""

    code = "position-invalid"
    title, title_id = "This is not a position", "Ini bukan posisi yang sah"


class DeviceDiffers(Forbidden):
    """The token is bound to a device, and the batch says that it comes from another one."""

    code = "device-differs"
    title, title_id = "The token is bound to another device", "Token terikat pada perangkat lain"
