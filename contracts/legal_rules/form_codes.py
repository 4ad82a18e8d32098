"""The codes of findings on a form. A code is never renamed and never gets another meaning."""

from typing import Final

from contracts.legal_rules.model import FindingCode

FORM_CODES: Final[dict[str, FindingCode]] = {
    finding.code: finding
    for finding in (
        FindingCode(
            "E-CAND-SUM",
            "D15",
            "The votes of the choices do not add up to the valid votes.",
            "Jumlah suara seluruh pilihan tidak sama dengan suara sah.",
            tells_votes=True,
        ),
        FindingCode(
            "E-TOTAL-SUM",
            None,
            "Valid and invalid votes do not add up to the total.",
            "Suara sah ditambah suara tidak sah tidak sama dengan jumlah seluruh suara.",
            tells_votes=True,
        ),
        FindingCode(
            "E-USED-TOTAL",
            "D16",
            "The total of votes is not the number of ballots used.",
            "Jumlah seluruh suara tidak sama dengan surat suara yang digunakan.",
            tells_votes=True,
        ),
        FindingCode(
            "E-USERS-TOTAL",
            "D17",
            "The number of people who voted is not the total of votes.",
            "Jumlah pengguna hak pilih tidak sama dengan jumlah seluruh suara.",
            tells_votes=True,
        ),
        FindingCode(
            "E-USED-USERS",
            "D17",
            "The number of ballots used is not the number of people who voted.",
            "Surat suara yang digunakan tidak sama dengan jumlah pengguna hak pilih.",
        ),
        FindingCode(
            "E-USERS-SUM",
            "D17",
            "DPT, moved-in and walk-in voters do not add up to the people who voted.",
            "Pengguna hak pilih DPT, pindahan, dan tambahan tidak sama dengan jumlah pengguna hak pilih.",
        ),
        FindingCode(
            "E-SEX-SUM",
            "D17",
            "Men and women do not add up to the total of a line.",
            "Laki-laki ditambah perempuan tidak sama dengan jumlah pada satu baris.",
        ),
        FindingCode(
            "E-DPT-USERS",
            "D19",
            "More voters of the DPT voted than the DPT holds.",
            "Pengguna hak pilih dari DPT melebihi jumlah pemilih dalam DPT.",
        ),
        FindingCode(
            "E-BALLOT-SUM",
            "D18",
            "Ballots used, returned and unused do not add up to the ballots received.",
            "Surat suara digunakan, dikembalikan, dan tidak digunakan tidak sama dengan yang diterima.",
        ),
        FindingCode(
            "E-BALLOT-CAP",
            "D19",
            "More ballots were used than received.",
            "Surat suara yang digunakan melebihi surat suara yang diterima.",
        ),
        FindingCode(
            "E-NEGATIVE",
            None,
            "A number is below zero.",
            "Ada angka yang kurang dari nol.",
        ),
        FindingCode(
            "W-DPT-REGISTER",
            None,
            "The DPT on the form is not that of the register.",
            "Jumlah DPT pada formulir tidak sama dengan data TPS yang terdaftar.",
        ),
        FindingCode(
            "W-BALLOT-NEED",
            "D2",
            "The ballots received are not the DPT and its reserve.",
            "Surat suara yang diterima tidak sama dengan DPT ditambah cadangan.",
        ),
        FindingCode(
            "W-RECEIPT",
            "D19",
            "The ballots received are not those of the logistics receipt.",
            "Surat suara yang diterima tidak sama dengan berita acara penerimaan logistik.",
        ),
        FindingCode(
            "W-RESERVE",
            "D4",
            "Reserve ballots were used; the signed minute is asked for.",
            "Surat suara cadangan digunakan; berita acara yang ditandatangani diminta.",
        ),
        FindingCode(
            "W-HOURS",
            "D10",
            "Votes are reported after the end of voting: people who queued at 13:00 may vote.",
            "Ada pemungutan suara setelah waktu berakhir: pemilih yang sudah antre pukul 13.00 tetap dilayani.",
        ),
        FindingCode(
            "W-WALKIN-HOURS",
            "D11",
            "Walk-in voters voted outside 12:00 to 13:00.",
            "Pemilih tambahan memilih di luar pukul 12.00 sampai 13.00.",
        ),
        FindingCode(
            "W-CROSS-CONTEST",
            "D13",
            "More people voted for the mayor or regent than for the governor at this TPS.",
            "Pengguna hak pilih untuk wali kota atau bupati melebihi yang untuk gubernur di TPS ini.",
        ),
        FindingCode(
            "W-TPS-SIZE",
            "D1",
            "The TPS has more voters on its list than a TPS may have.",
            "Jumlah pemilih dalam DPT melebihi batas pemilih satu TPS.",
        ),
        FindingCode(
            "W-REGION-CODE",
            None,
            "The list of regions that the desk uses does not have the TPS's kelurahan; codes change with the years.",
            "Kelurahan TPS tidak ada dalam daftar wilayah yang dipakai desk; kode wilayah berubah dari tahun ke tahun.",
        ),
        FindingCode(
            "W-INVALID-SHARE",
            "D20",
            "The share of invalid votes is unusually high.",
            "Persentase suara tidak sah sangat tinggi.",
            tells_votes=True,
        ),
        FindingCode(
            "W-UNANIMOUS",
            "D20",
            "All valid votes went to one choice.",
            "Seluruh suara sah diperoleh satu pilihan.",
            tells_votes=True,
        ),
        FindingCode(
            "W-OUTLIER",
            "D20",
            "A choice's share, or the turnout, is far from that of the area.",
            "Persentase satu pilihan, atau partisipasi, jauh dari wilayah sekitarnya.",
            tells_votes=True,
        ),
        FindingCode(
            "W-INCOMPLETE",
            None,
            "The administration block is missing, or no choice has votes.",
            "Bagian administrasi kosong, atau tidak ada pilihan yang memperoleh suara.",
        ),
        FindingCode(
            "W-MISSING-FIELD",
            None,
            "A field of the form was left empty.",
            "Ada kolom formulir yang tidak diisi.",
        ),
    )
}
