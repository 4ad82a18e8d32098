"""The codes of findings on rows of a list of voters. A code is never renamed and never gets another meaning."""

from typing import Final

from contracts.legal_rules.model import FindingCode, Subject

VOTER_CODES: Final[dict[str, FindingCode]] = {
    finding.code: finding
    for finding in (
        FindingCode(
            "E-NIK-SHAPE",
            None,
            "The NIK is not sixteen digits; the row is refused.",
            "NIK tidak terdiri dari enam belas angka; baris ditolak.",
            Subject.VOTER,
        ),
        FindingCode(
            "E-NIK-SYNTHETIC",
            "D35",
            "A rehearsal takes only NIK that begin with 99, and a real election none of them; the row is refused.",
            "Gladi hanya menerima NIK berawalan 99, dan pemilihan sungguhan tidak menerimanya; baris ditolak.",
            Subject.VOTER,
        ),
        FindingCode(
            "W-NIK-BIRTH",
            None,
            "Birth date and sex are not those that the NIK holds.",
            "Tanggal lahir dan jenis kelamin tidak sesuai dengan yang ada dalam NIK.",
            Subject.VOTER,
        ),
        FindingCode(
            "W-NIK-CORRECTED",
            None,
            "The list has this person under a corrected NIK; the row has the former one, and changes nothing.",
            "Daftar memuat orang ini dengan NIK yang sudah dibetulkan; baris memakai NIK lama dan tidak mengubah apa pun.",
            Subject.VOTER,
        ),
        FindingCode(
            "E-VOTER-AGE",
            None,
            "On the voting day the person is below 17 and not married, or above 120; the row is refused.",
            "Pada hari pemungutan suara usianya di bawah 17 tahun dan belum kawin, atau di atas 120 tahun; baris ditolak.",
            Subject.VOTER,
        ),
        FindingCode(
            "E-VOTER-TWICE",
            None,
            "A row before has this NIK at the same TPS; this one is refused.",
            "Baris sebelumnya memuat NIK ini di TPS yang sama; baris ini ditolak.",
            Subject.VOTER,
        ),
        FindingCode(
            "E-VOTER-TWO-TPS",
            None,
            "A row before has this NIK at another TPS; this one is refused.",
            "Baris sebelumnya memuat NIK ini di TPS lain; baris ini ditolak.",
            Subject.VOTER,
        ),
        FindingCode(
            "E-VOTER-ELSEWHERE",
            None,
            "The election's list has this NIK at another TPS already, and this is no row of a mover within the token's regions; "
            "the row is refused.",
            "Daftar pemilih sudah memuat NIK ini di TPS lain, dan baris ini bukan pindahan di dalam wilayah token; "
            "baris ditolak.",
            Subject.VOTER,
        ),
        FindingCode(
            "E-MOVE-CUTOFF",
            "D12",
            "It was decided after the cut-off of moves to another TPS; the row is refused.",
            "Keputusannya setelah batas waktu pindah memilih; baris ditolak.",
            Subject.VOTER,
        ),
        FindingCode(
            "W-MOVE-CUTOFF",
            "D12",
            "The cut-off of moves is past, and the row does not say that it was decided before.",
            "Batas waktu pindah memilih sudah lewat, dan baris tidak menyebut bahwa keputusannya sebelum itu.",
            Subject.VOTER,
        ),
        FindingCode(
            "E-MOVE-BALLOT",
            "D13",
            "No contest of the TPS is held where the voter comes from; the row is refused.",
            "Tidak ada pemilihan di TPS itu yang mencakup daerah asal pemilih; baris ditolak.",
            Subject.VOTER,
        ),
        FindingCode(
            "W-MOVE-REASON",
            "D12",
            "A voter who moved in has no reason or no evidence in the row.",
            "Pemilih pindahan tanpa alasan atau tanpa bukti dalam baris.",
            Subject.VOTER,
        ),
        FindingCode(
            "W-WALKIN-ADDRESS",
            "D11",
            "The address of a walk-in voter lies in another kelurahan than the TPS.",
            "Alamat pemilih tambahan berada di kelurahan lain dari TPS.",
            Subject.VOTER,
        ),
    )
}
