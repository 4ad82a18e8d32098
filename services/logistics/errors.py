"""What can be wrong with a command or a question to logistics, beside what the chassis knows.

A box, a shipment, a warehouse or a stray scan outside the caller's regions is answered like one that does not exist.
"""

from chassis.problems import Conflict, InvalidPayload, NotFound


class TpsUnknown(NotFound):
    """No TPS of this election has that code."""

    code = "tps-unknown"
    title, title_id = "There is no such TPS", "TPS tidak ditemukan"
    learned_from = "registry"


class ElectionUnknown(NotFound):
    """The registry has not told of such an election."""

    code = "election-unknown"
    title, title_id = "There is no such election", "Pemilihan tidak ditemukan"
    learned_from = "registry"


class BoxUnknown(NotFound):
    """No box of the caller's regions has that id."""

    code = "box-unknown"
    title, title_id = "There is no such box", "Kotak suara tidak ditemukan"


class DiscrepancyUnknown(NotFound):
    """No box of the caller's regions has that discrepancy."""

    code = "discrepancy-unknown"
    title, title_id = "There is no such discrepancy", "Selisih tidak ditemukan"


class ShipmentUnknown(NotFound):
    """No shipment of the caller's regions has that id."""

    code = "shipment-unknown"
    title, title_id = "There is no such shipment", "Pengiriman tidak ditemukan"


class WarehouseUnknown(NotFound):
    """No warehouse of the caller's regions has that id."""

    code = "warehouse-unknown"
    title, title_id = "There is no such warehouse", "Gudang tidak ditemukan"


class StrayScanUnknown(NotFound):
    """No stray scan of the caller's regions has that id."""

    code = "stray-scan-unknown"
    title, title_id = "There is no such stray scan", "Pemindaian tak bertuan tidak ditemukan"


class ItemUnknown(NotFound):
    """The catalogue has no such item."""

    code = "item-unknown"
    title, title_id = "The catalogue has no such item", "Barang tidak ada dalam katalog"


class ItemOfElection(Conflict):
    """The quantity of this item is a setting of the election, and is changed there."""

    code = "item-set-by-election"
    title, title_id = "The election sets this quantity", "Jumlah ini diatur oleh pemilihan"


class ContestNotAtTps(Conflict):
    """The TPS does not vote in that contest, so no box of it may be packed for it."""

    code = "contest-not-at-tps"
    title, title_id = "The TPS does not vote in this contest", "TPS tidak melaksanakan pemilihan ini"


class BoxKnown(Conflict):
    """A box with this id was packed already, with other facts."""

    code = "box-known"
    title, title_id = "This box is packed already", "Kotak suara ini sudah dikemas"


class BoxStands(Conflict):
    """A box stands for this contest of the TPS already; a further one takes its place or is not packed."""

    code = "box-stands"
    title, title_id = (
        "A box stands for this contest of the TPS already",
        "Sudah ada kotak suara untuk pemilihan ini di TPS tersebut",
    )


class ManifestUnfit(InvalidPayload):
    """Boxes of the manifest are unknown, void, on another shipment, or go elsewhere; `errors` says which."""

    code = "manifest-unfit"
    title, title_id = "The manifest cannot stand", "Manifes tidak dapat diterima"


def tps_unknown(code: str) -> TpsUnknown:
    """Return the refusal of a code that no TPS has."""
    return TpsUnknown(f"No TPS has the code {code}.", detail_id=f"Tidak ada TPS dengan kode {code}.")
