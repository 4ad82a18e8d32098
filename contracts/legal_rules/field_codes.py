"""The codes of findings on reports, TPS and boxes. A code is never renamed and never gets another meaning."""

from typing import Final

from contracts.legal_rules.model import FindingCode, Subject

FIELD_CODES: Final[dict[str, FindingCode]] = {
    finding.code: finding
    for finding in (
        FindingCode(
            "W-OVER-NEED",
            "D2",
            "More people are reported to have voted than the TPS needs ballots.",
            "Pengguna hak pilih yang dilaporkan melebihi kebutuhan surat suara TPS.",
            Subject.REPORT,
        ),
        FindingCode(
            "W-NOT-CUMULATIVE",
            None,
            "The turnout up to this slot is below that of an earlier slot, or above that of a later one.",
            "Partisipasi sampai jam ini lebih kecil daripada jam sebelumnya, atau lebih besar daripada jam sesudahnya.",
            Subject.REPORT,
        ),
        FindingCode(
            "W-TPS-DISSOLVED",
            None,
            "The TPS was dissolved; the report is kept and is in no total.",
            "TPS sudah dihapus; laporan disimpan dan tidak masuk jumlah.",
            Subject.REPORT,
        ),
        FindingCode(
            "W-REPORT-ORDER",
            None,
            "A report of this slot that was made later stands; this one is kept and changes nothing.",
            "Laporan jam ini yang dibuat kemudian tetap berlaku; laporan ini disimpan tanpa mengubah apa pun.",
            Subject.REPORT,
        ),
        FindingCode(
            "W-NOT-OPENED",
            "D10",
            "No opening of the TPS was known by then.",
            "Pembukaan TPS belum diketahui sampai saat itu.",
            Subject.REPORT,
        ),
        FindingCode(
            "W-NOT-CLOSED",
            "D10",
            "The vote of the TPS was not closed by then.",
            "Pemungutan suara TPS belum ditutup sampai saat itu.",
            Subject.REPORT,
        ),
        FindingCode(
            "W-MILESTONE-ORDER",
            None,
            "The milestone does not lie between those that come before and after it in a day.",
            "Tahap ini tidak berada di antara tahap sebelum dan sesudahnya pada hari itu.",
            Subject.REPORT,
        ),
        FindingCode(
            "W-CLOCK-AHEAD",
            None,
            "The device's clock is ahead of the desk's.",
            "Jam perangkat lebih cepat daripada jam desk.",
            Subject.SAYING,
        ),
        FindingCode(
            "W-OTHER-DAY",
            None,
            "It cannot have happened on the day that the device says; it counts from when the desk received it.",
            "Tidak mungkin terjadi pada hari menurut perangkat; dihitung sejak diterima desk.",
            Subject.SAYING,
        ),
        FindingCode(
            "W-CODE-MOVED",
            None,
            "Another TPS had this code until a short time before, or still had it then: it may be the one that is meant.",
            "Kode ini belum lama, atau saat itu masih, dimiliki TPS lain: mungkin TPS itu yang dimaksud.",
            Subject.SAYING,
        ),
        FindingCode(
            "W-TPS-SIZE",
            "D1",
            "The TPS has more voters than the election's limit.",
            "Jumlah pemilih TPS melebihi batas pemilihan.",
            Subject.TPS,
        ),
        FindingCode(
            "W-REGION-CODE",
            None,
            "The kelurahan's code is not in the list of region codes; codes change between years.",
            "Kode kelurahan tidak ada dalam daftar kode wilayah; kode berubah antartahun.",
            Subject.TPS,
        ),
        FindingCode(
            "W-PACKED-NEED",
            "D2",
            "The ballots packed into the box are not those that the TPS needs.",
            "Surat suara yang dikemas tidak sama dengan kebutuhan TPS.",
            Subject.BOX,
        ),
        FindingCode(
            "W-SEAL-REUSED",
            "D6",
            "Another box of the election carries this seal's number.",
            "Nomor segel ini sudah dipakai kotak lain dalam pemilihan.",
            Subject.BOX,
        ),
        FindingCode(
            "W-SEAL-MISMATCH",
            "D6",
            "The seal seen is not the seal that the box was closed with.",
            "Segel yang terlihat bukan segel saat kotak ditutup.",
            Subject.BOX,
        ),
        FindingCode(
            "W-BALLOT-COUNT",
            "D19",
            "The ballots counted at the receipt are not those that were packed.",
            "Surat suara yang dihitung saat penerimaan tidak sama dengan yang dikemas.",
            Subject.BOX,
        ),
        FindingCode(
            "W-WRONG-PLACE",
            "D6",
            "The box was scanned at a place that is not on its way.",
            "Kotak dipindai di tempat yang bukan tujuannya.",
            Subject.BOX,
        ),
        FindingCode(
            "W-CUSTODY-GAP",
            "D6",
            "The box was handed over by somebody who did not hold it: a hand-over is missing.",
            "Kotak diserahkan oleh pihak yang tidak memegangnya: satu serah terima tidak tercatat.",
            Subject.BOX,
        ),
        FindingCode(
            "W-SCAN-ORDER",
            "D6",
            "The scan happened before one that is known already; it is kept and changes no state.",
            "Pemindaian terjadi sebelum yang sudah tercatat; disimpan tanpa mengubah status.",
            Subject.BOX,
        ),
        FindingCode(
            "W-SCAN-LATE",
            "D6",
            "The scan reached the desk long after it happened.",
            "Pemindaian sampai di desk lama setelah terjadi.",
            Subject.BOX,
        ),
        FindingCode(
            "W-AFTER-DUE",
            "D6",
            "The box came after its deadline.",
            "Kotak tiba setelah batas waktu.",
            Subject.BOX,
        ),
        FindingCode(
            "W-VOID-BOX",
            "D6",
            "The box was withdrawn and is still being handed over.",
            "Kotak sudah ditarik tetapi masih diserahterimakan.",
            Subject.BOX,
        ),
        FindingCode(
            "W-UNKNOWN-BOX",
            "D6",
            "No box of the election has this code; the scan is kept until somebody says what it was.",
            "Tidak ada kotak dengan kode ini; pemindaian disimpan sampai ada penjelasan.",
            Subject.BOX,
        ),
    )
}
