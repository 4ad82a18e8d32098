"""The rules D1 to D38 of a Pilkada of 2024."""

from typing import Final

from contracts.legal_rules.model import LegalRule, RuleKind, Topic

_KINDS = {kind.value: kind for kind in RuleKind}


def _rule(  # noqa: PLR0917 - one row of a table: number, topic, kinds, English, Indonesian, source
    number: str,
    topic: Topic,
    kinds: str,
    en: str,
    indonesian: str,
    source: str | None,
    unverified: str | None = None,
) -> LegalRule:
    return LegalRule(
        number, topic, tuple(_KINDS[letter] for letter in kinds), en, indonesian, source, unverified
    )


_RULES = (
    _rule(
        "D1",
        Topic.VOTERS_AND_BALLOTS,
        "WC",
        "At most 600 voters per TPS in the Pilkada of 2024 (800 in the law, 500 in 2020); a TPS never merges kelurahan "
        "and never splits a family.",
        "Paling banyak 600 pemilih per TPS pada Pilkada 2024 (800 menurut undang-undang, 500 pada 2020); TPS tidak "
        "menggabungkan kelurahan dan tidak memisahkan keluarga.",
        "KPU, May 2024",
    ),
    _rule(
        "D2",
        Topic.VOTERS_AND_BALLOTS,
        "EC",
        "Ballots per TPS and contest are the DPT and 2.5 % of it, rounded up per TPS; a region's need is the sum over "
        "its TPS (a DPT of 533 needs 547).",
        "Surat suara per TPS dan pemilihan adalah DPT ditambah 2,5 persen, dibulatkan ke atas per TPS; kebutuhan wilayah "
        "adalah jumlah kebutuhan TPS-nya (DPT 533 memerlukan 547).",
        "Perpu 1/2014 art. 87",
    ),
    _rule(
        "D3",
        Topic.VOTERS_AND_BALLOTS,
        "C",
        "2,000 further ballots of the city's own contest are kept for a revote and are not distributed.",
        "2.000 surat suara pemilihan kota disimpan untuk pemungutan suara ulang dan tidak didistribusikan.",
        "Press figures of Kota Bogor, 2024: 836,324 for governor, 838,324 for mayor, exactly 2,000 apart",
    ),
    _rule(
        "D4",
        Topic.VOTERS_AND_BALLOTS,
        "W",
        "Using the reserve needs a minute signed by the chair and two KPPS members.",
        "Penggunaan surat suara cadangan memerlukan berita acara yang ditandatangani ketua dan dua anggota KPPS.",
        "Perpu 1/2014 art. 98(4)",
    ),
    _rule(
        "D5",
        Topic.VOTERS_AND_BALLOTS,
        "C",
        "A TPS gets one box per contest (two; one in DI Yogyakarta and in Jakarta) and four booths; each kecamatan gets "
        "spare boxes, one per contest (Kota Bogor: 2 x 1,530 + 2 x 6 = 3,072 boxes).",
        "TPS memperoleh satu kotak suara per pemilihan (dua; satu di DI Yogyakarta dan Jakarta) dan empat bilik; tiap "
        "kecamatan memperoleh kotak cadangan sebanyak pemilihan (Kota Bogor: 2 x 1.530 + 2 x 6 = 3.072 kotak).",
        "KPU Kota Bogor, Oct 2024",
    ),
    _rule(
        "D6",
        Topic.VOTERS_AND_BALLOTS,
        "EC",
        "Everything is at the TPS by the day before voting (H-1), with a minute at each hand-over; a box is sealed from "
        "the warehouse, opened only at the TPS, and sealed again.",
        "Seluruh perlengkapan sudah di TPS pada H-1 dengan berita acara setiap serah terima; kotak disegel sejak gudang, "
        "dibuka hanya di TPS, dan disegel kembali.",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D7",
        Topic.OFFICERS_AND_HOURS,
        "WC",
        "Seven KPPS members per TPS with fixed duties; number 1 is the chair.",
        "Tujuh anggota KPPS per TPS dengan tugas tetap; nomor 1 adalah ketua.",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D8",
        Topic.OFFICERS_AND_HOURS,
        "WC",
        "Two security officers (Linmas) per TPS.",
        "Dua petugas ketertiban (Linmas) per TPS.",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D9",
        Topic.OFFICERS_AND_HOURS,
        "WC",
        "One supervisor (PTPS) per TPS.",
        "Satu pengawas TPS (PTPS) per TPS.",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D10",
        Topic.OFFICERS_AND_HOURS,
        "WC",
        "Voting is from 07:00 to 13:00 local time (WIB, WITA or WIT); whoever queues at 13:00 is served, so turnout "
        "after 13:00 is explained, not refused.",
        "Pemungutan suara pukul 07.00 sampai 13.00 waktu setempat (WIB, WITA, atau WIT); yang sudah antre pukul 13.00 "
        "dilayani, sehingga partisipasi setelah 13.00 dijelaskan, tidak ditolak.",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D11",
        Topic.OFFICERS_AND_HOURS,
        "W",
        "Walk-in voters (TAMBAHAN) vote only from 12:00 to 13:00, only at the TPS of their address, while ballots last.",
        "Pemilih tambahan hanya memilih pukul 12.00 sampai 13.00, hanya di TPS sesuai alamat, selama surat suara tersedia.",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D12",
        Topic.OFFICERS_AND_HOURS,
        "EC",
        "Moving to another TPS (PINDAHAN) closes 30 days before voting; 7 days for inpatients and their companions, "
        "detainees, disaster and duty: the desk sweeps the hospitals before H-7.",
        "Pindah memilih ditutup H-30; H-7 untuk pasien rawat inap dan pendamping, tahanan, korban bencana, dan yang "
        "bertugas: desk mendata rumah sakit sebelum H-7.",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D13",
        Topic.OFFICERS_AND_HOURS,
        "W",
        "A voter who moved in from another kabupaten or kota gets only the governor's ballot, so the people who voted "
        "for mayor are at most those who voted for governor.",
        "Pemilih pindahan dari kabupaten/kota lain hanya memperoleh surat suara gubernur, sehingga pengguna hak pilih "
        "wali kota paling banyak sama dengan pengguna hak pilih gubernur.",
        None,
        "no source was seen",
    ),
    _rule(
        "D14",
        Topic.FORM,
        "",
        "Before the count KPPS counts: voters of the DPT who voted, voters from other TPS, walk-ins, unused ballots, and "
        "ballots returned damaged or wrongly marked.",
        "Sebelum penghitungan KPPS menghitung: pemilih DPT yang memilih, pemilih dari TPS lain, pemilih tambahan, surat "
        "suara tidak terpakai, dan surat suara dikembalikan karena rusak atau keliru dicoblos.",
        "Perpu 1/2014 art. 98(2)",
    ),
    _rule(
        "D15",
        Topic.FORM,
        "E",
        "The votes of all choices add up to the valid votes.",
        "Jumlah suara seluruh pilihan sama dengan suara sah.",
        None,
    ),
    _rule(
        "D16",
        Topic.FORM,
        "E",
        "Valid and invalid votes add up to the ballots used.",
        "Suara sah ditambah suara tidak sah sama dengan surat suara yang digunakan.",
        None,
    ),
    _rule(
        "D17",
        Topic.FORM,
        "E",
        "Ballots used are the people who voted, and these are DPT, PINDAHAN and TAMBAHAN users together; in every line "
        "men and women add up to the total.",
        "Surat suara yang digunakan sama dengan pengguna hak pilih, yaitu DPT, pindahan, dan tambahan; pada setiap baris "
        "laki-laki ditambah perempuan sama dengan jumlah.",
        None,
    ),
    _rule(
        "D18",
        Topic.FORM,
        "E",
        "Ballots received are those used, those spoiled or returned, and those unused.",
        "Surat suara diterima sama dengan yang digunakan, yang rusak atau dikembalikan, dan yang tidak digunakan.",
        None,
    ),
    _rule(
        "D19",
        Topic.FORM,
        "EW",
        "Ballots used are at most those received, and DPT users at most the DPT (blocks). Ballots received are D2's "
        "number and the logistics receipt's (asks): packing errors and transfers with a minute are real.",
        "Surat suara digunakan paling banyak sama dengan yang diterima, dan pengguna DPT paling banyak sama dengan DPT "
        "(menahan). Surat suara diterima sama dengan D2 dan dengan penerimaan logistik (perlu alasan): salah kemas dan "
        "pemindahan dengan berita acara memang terjadi.",
        None,
    ),
    _rule(
        "D20",
        Topic.FORM,
        "WC",
        "An unusual share of invalid votes, users far from ballots used, all votes for one choice, or a share far from "
        "the area's is explained.",
        "Persentase suara tidak sah yang janggal, pengguna jauh dari surat suara digunakan, seluruh suara untuk satu "
        "pilihan, atau persentase jauh dari wilayahnya perlu dijelaskan.",
        None,
    ),
    _rule(
        "D21",
        Topic.FORM,
        "E",
        "The paper may be illogical: it is recorded as written, flagged, held out of the totals until it is settled, "
        "and never 'fixed'.",
        "Formulir kertas boleh jadi tidak logis: dicatat apa adanya, ditandai, ditahan dari jumlah sampai diselesaikan, "
        "dan tidak pernah diperbaiki sendiri.",
        None,
    ),
    _rule(
        "D22",
        Topic.STAGES,
        "C",
        "Recap windows of 2024: kecamatan 28 Nov to 3 Dec, kabupaten/kota 29 Nov to 6 Dec, province 30 Nov to 9 Dec.",
        "Jadwal rekapitulasi 2024: kecamatan 28 Nov sampai 3 Des, kabupaten/kota 29 Nov sampai 6 Des, provinsi 30 Nov "
        "sampai 9 Des.",
        "PKPU 2/2024",
    ),
    _rule(
        "D23",
        Topic.STAGES,
        "C",
        "Stages of 2024: pairs 22 Sep, numbers 23 Sep, campaign 25 Sep to 23 Nov, quiet days to 26 Nov, vote 27 Nov.",
        "Tahapan 2024: penetapan pasangan 22 Sep, nomor urut 23 Sep, kampanye 25 Sep sampai 23 Nov, masa tenang sampai "
        "26 Nov, pemungutan suara 27 Nov.",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D24",
        Topic.STAGES,
        "E",
        "A recap document has its own numbers; a difference from the sum of its children needs a recorded correction "
        "with witness and supervisor.",
        "Dokumen rekapitulasi memiliki angkanya sendiri; perbedaan dengan jumlah di bawahnya memerlukan catatan "
        "pembetulan dengan saksi dan pengawas.",
        None,
    ),
    _rule(
        "D26",
        Topic.STAGES,
        "C",
        "Votes are counted again on the same day on the grounds of the law.",
        "Penghitungan suara ulang dilakukan pada hari yang sama dengan alasan menurut undang-undang.",
        None,
        "the list of grounds was not seen",
    ),
    _rule(
        "D27",
        Topic.STAGES,
        "C",
        "A revote (PSU) is held on the grounds of the law.",
        "Pemungutan suara ulang (PSU) dilakukan dengan alasan menurut undang-undang.",
        None,
        "the list of grounds was not seen",
    ),
    _rule(
        "D28",
        Topic.STAGES,
        "C",
        "A revote is held within 10 days.",
        "Pemungutan suara ulang dilaksanakan dalam 10 hari.",
        None,
        "10 days",
    ),
    _rule(
        "D29",
        Topic.STAGES,
        "C",
        "PSU repeats a vote, PSL continues an interrupted one, PSS holds one that did not take place (floods: 110 TPS "
        "in one province).",
        "PSU mengulang, PSL melanjutkan yang terhenti, PSS melaksanakan yang belum terlaksana (banjir: 110 TPS di satu "
        "provinsi).",
        None,
        "the regulation was not seen",
    ),
    _rule(
        "D30",
        Topic.DISPUTES,
        "C",
        "A dispute goes to the Constitutional Court (MK) within 3 working days after the announcement, when the margin "
        "is within a share of the valid votes that depends on the population: kabupaten/kota up to 250,000 2 %, up to "
        "500,000 1.5 %, up to 1 million 1 %, above 0.5 %; province up to 2 million 2 %, up to 6 million 1.5 %, up to 12 "
        "million 1 %, above 0.5 %.",
        "Sengketa diajukan ke MK dalam 3 hari kerja setelah pengumuman, bila selisih paling banyak persentase suara sah "
        "menurut jumlah penduduk: kabupaten/kota sampai 250 ribu 2 persen, sampai 500 ribu 1,5 persen, sampai 1 juta 1 "
        "persen, di atasnya 0,5 persen; provinsi sampai 2 juta 2 persen, sampai 6 juta 1,5 persen, sampai 12 juta 1 "
        "persen, di atasnya 0,5 persen.",
        "UU 10/2016 art. 158",
    ),
    _rule(
        "D31",
        Topic.DISPUTES,
        "C",
        "A violation is reported within 7 days of knowing, with reporter, reported, time, place and description; it is "
        "decided in 3 days, 2 more when information is asked for.",
        "Pelanggaran dilaporkan dalam 7 hari sejak diketahui dengan pelapor, terlapor, waktu, tempat, dan uraian; "
        "diputus dalam 3 hari, ditambah 2 hari bila diminta keterangan.",
        "Perpu 1/2014 art. 134",
    ),
    _rule(
        "D32",
        Topic.DISPUTES,
        "C",
        "Neutrality of civil servants (ASN): Bawaslu studies and forwards, BKN recommends, the superior "
        "(pejabat pembina) executes; sanctions go up to dismissal.",
        "Netralitas ASN: Bawaslu mengkaji dan meneruskan, BKN merekomendasikan, pejabat pembina melaksanakan; sanksi "
        "sampai pemberhentian.",
        "PP 94/2021",
    ),
    _rule(
        "D33",
        Topic.DISPUTES,
        "C",
        "A hoax gets a verdict, then a takedown request, then a public clarification.",
        "Hoaks diberi putusan, lalu permintaan penurunan konten, lalu klarifikasi kepada publik.",
        None,
        "no regulation was seen",
    ),
    _rule(
        "D34",
        Topic.PUBLICATION,
        "EC",
        "Unofficial counts say that they are not the official result; votes per choice and their sums are withheld from every "
        "scope but results:early until results_public_at (15:00 WIB of voting day by default). Turnout and coverage are "
        "not withheld.",
        "Hasil tidak resmi menyatakan bahwa itu bukan hasil resmi; suara per pilihan dan jumlahnya ditahan dari setiap "
        "izin selain results:early sampai results_public_at (bawaan: pukul 15.00 WIB hari pemungutan suara). Partisipasi dan "
        "cakupan "
        "tidak ditahan.",
        "Perpu 1/2014 art. 132(3); PKPU 9/2022 art. 19 on quick counts",
    ),
    _rule(
        "D35",
        Topic.PUBLICATION,
        "E",
        "NIK, family number, birth date and disability are never published; health data is specific personal data.",
        "NIK, nomor KK, tanggal lahir, dan disabilitas tidak pernah dipublikasikan; data kesehatan adalah data pribadi "
        "yang bersifat spesifik.",
        "UU 27/2022 art. 4",
    ),
    _rule(
        "D36",
        Topic.PUBLICATION,
        "C",
        "The desk reports daily; the mayor's election reaches the minister through the governor.",
        "Desk melapor setiap hari; pemilihan wali kota sampai kepada menteri melalui gubernur.",
        "Permendagri 9/2005",
    ),
    _rule(
        "D37",
        Topic.PUBLICATION,
        "C",
        "BMKG's forecast is for 3 days, per kelurahan (adm4), 60 requests per minute and address, with attribution; its "
        "warnings (CAP 1.2) have polygons in lat,lon and areas by name; the outlook from H-7 to H+7 comes from uploaded "
        "documents of BPBD and BMKG.",
        "Prakiraan BMKG untuk 3 hari, per kelurahan (adm4), 60 permintaan per menit dan alamat, wajib mencantumkan "
        "sumber; peringatan (CAP 1.2) memuat poligon lat,lon dan nama wilayah; prospek H-7 sampai H+7 berasal dari "
        "dokumen BPBD dan BMKG yang diunggah.",
        "BMKG, open data service and CAP 1.2",
    ),
    _rule(
        "D38",
        Topic.STAGES,
        "C",
        "A contest has choices: pairs by number, or one pair and the empty column (kolom kosong), whose votes are valid. "
        "How it is won is data: most votes; more than half against the empty column; a second round in Jakarta.",
        "Pemilihan memiliki pilihan: pasangan calon menurut nomor, atau satu pasangan dan kolom kosong yang suaranya sah. "
        "Cara menang adalah data: suara terbanyak; lebih dari setengah bila melawan kolom kosong; putaran kedua di Jakarta.",
        None,
        "the second round in Jakarta",
    ),
)

LEGAL_RULES: Final[dict[str, LegalRule]] = {rule.number: rule for rule in _RULES}
