"""What goes wrong on such days, as officers and residents would report it. The texts are invented; no real person is in them."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.incidents_events import IncidentCategory, Severity


class Teller(StrEnum):
    """Who reports a story."""

    CREW = "crew"
    SUPERVISOR = "supervisor"
    KELURAHAN = "kelurahan"
    AGENCY = "agency"
    RESIDENT = "resident"


class Phase(StrEnum):
    """When a story happens: on the eve, during the vote, or during the count."""

    EVE = "eve"
    VOTE = "vote"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of incident.

    Attributes:
        per_thousand: how many per thousand TPS.
        at_tps: it concerns one TPS; else a kelurahan.
        closed: how it ends; empty where it is still being examined when the days end.
    """

    category: IncidentCategory
    severity: Severity
    teller: Teller
    phase: Phase
    per_thousand: float
    at_tps: bool
    told: str
    acknowledged: str
    acted: str
    closed: str


def _story(kind: str, *texts: str) -> Story:
    told, acknowledged, acted, closed = texts
    category, severity, teller, phase, per_thousand, scope = kind.split()
    return Story(
        category=IncidentCategory(category),
        severity=Severity(severity),
        teller=Teller(teller),
        phase=Phase(phase),
        per_thousand=float(per_thousand),
        at_tps=scope == "tps",
        told=told,
        acknowledged=acknowledged,
        acted=acted,
        closed=closed,
    )


STORIES = (
    _story(
        "disaster high agency eve 2 kelurahan",
        "Hujan lebat; genangan di beberapa ruas jalan menuju TPS.",
        "Laporan diterima piket BPBD.",
        "Tim memantau tinggi muka air dan menyiapkan pompa.",
        "Genangan surut; jalan ke TPS dapat dilalui.",
    ),
    _story(
        "disaster medium crew vote 2 tps",
        "Tenda TPS roboh diterpa angin; tidak ada korban.",
        "Laporan diterima piket BPBD.",
        "Tenda pengganti dikirim dari kelurahan.",
        "Tenda berdiri kembali; pemungutan suara berlanjut.",
    ),
    _story(
        "security medium crew vote 3 tps",
        "Adu mulut antarwarga di antrean pemilih.",
        "Diterima piket Polresta.",
        "Petugas mendatangi TPS dan menenangkan warga.",
        "Situasi kondusif; petugas tetap berjaga.",
    ),
    _story(
        "security high supervisor count 1.5 tps",
        "Sekelompok orang memaksa masuk ke area penghitungan suara.",
        "Diterima piket Polresta.",
        "Regu patroli tiba dan menutup area penghitungan.",
        "Penghitungan dilanjutkan dengan pengawalan.",
    ),
    _story(
        "violation medium supervisor vote 3 tps",
        "Alat peraga kampanye masih terpasang di dekat TPS.",
        "Diterima Bawaslu.",
        "Alat peraga diturunkan bersama Satpol PP.",
        "Lokasi bersih dari alat peraga.",
    ),
    _story(
        "violation high resident eve 3 kelurahan",
        "Dugaan pembagian amplop pada masa tenang.",
        "Laporan diregistrasi Bawaslu.",
        "Pelapor dan saksi diundang untuk klarifikasi.",
        "",
    ),
    _story(
        "violation medium supervisor vote 1.5 tps",
        "Seorang pemilih diduga memilih lebih dari satu kali.",
        "Laporan diregistrasi Bawaslu.",
        "Daftar hadir diperiksa bersama KPPS.",
        "",
    ),
    _story(
        "hoax medium resident eve 2 kelurahan",
        "Pesan berantai menyebut hari pemungutan suara diundur.",
        "Desk memeriksa pesan itu.",
        "Putusan: tidak benar. Permintaan penurunan konten dikirim.",
        "Klarifikasi diumumkan di kanal pemerintah kota.",
    ),
    _story(
        "hoax high kelurahan vote 1.5 kelurahan",
        "Video lama diedarkan seolah surat suara sudah tercoblos di wilayah ini.",
        "Desk memeriksa video itu.",
        "Putusan: menyesatkan. Permintaan penurunan konten dikirim.",
        "Klarifikasi bersama KPU dan Bawaslu diumumkan.",
    ),
    _story(
        "neutrality medium resident eve 1.5 kelurahan",
        "Seorang aparatur diduga mengajak memilih salah satu pasangan lewat grup percakapan.",
        "Laporan diregistrasi Bawaslu.",
        "Tangkapan layar diamankan; kajian awal dimulai.",
        "",
    ),
    _story(
        "neutrality high supervisor vote 1 tps",
        "Seorang aparatur berfoto dengan isyarat jari di depan TPS.",
        "Laporan diregistrasi Bawaslu.",
        "Kajian awal dimulai; atasan diberi tahu.",
        "",
    ),
    _story(
        "health medium crew vote 3 tps",
        "Anggota KPPS pusing dan lemas.",
        "Diterima petugas kesehatan siaga.",
        "Tim puskesmas memeriksa di tempat.",
        "Yang bersangkutan beristirahat dan pulih.",
    ),
    _story(
        "health high crew count 2 tps",
        "Anggota KPPS pingsan saat penghitungan suara.",
        "Diterima petugas kesehatan siaga.",
        "Ambulans dikirim ke TPS.",
        "Dirawat di puskesmas; tugas dilanjutkan anggota lain.",
    ),
    _story(
        "logistics medium crew vote 3 tps",
        "Tinta celup tumpah; tersisa setengah botol.",
        "Diterima desk logistik.",
        "Tinta cadangan dikirim dari PPS.",
        "Tinta cadangan diterima TPS.",
    ),
    _story(
        "logistics high crew eve 2 tps",
        "Surat jalan tidak menyebut kotak yang datang.",
        "Diterima desk logistik.",
        "Gudang mencocokkan surat jalan dengan kotak.",
        "Surat jalan dibetulkan dengan berita acara.",
    ),
    _story(
        "social low kelurahan eve 2 kelurahan",
        "Warga menolak lokasi TPS karena akses kursi roda sempit.",
        "Diterima desk.",
        "Lurah dan PPS bermusyawarah dengan warga.",
        "Papan landai dipasang; warga menerima.",
    ),
    _story(
        "social medium resident vote 1.5 kelurahan",
        "Kerumunan warga belum terdaftar di DPT menanyakan hak pilih.",
        "Diterima desk.",
        "PPS menjelaskan pemilih tambahan memilih pukul 12.00 sampai 13.00.",
        "Warga dilayani sebagai pemilih tambahan.",
    ),
)
"""Every category is among them."""
