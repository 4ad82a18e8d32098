"""What is said of a row of a file, in Indonesian: officials read it, and most of it stands behind a code alone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from contracts.legal_rules import FINDING_CODES
from services.registry.schemas.imports import RowReason

IN_INDONESIAN: Mapping[str, str] = MappingProxyType(
    {
        "assessment-older": "Penilaian yang lebih baru sudah tercatat.",
        "boundary-older": "Batas wilayah yang lebih baru sudah tercatat.",
        "cell-is-number": (
            "Sel ini berupa bilangan, dan lembar kerja membulatkan bilangan enam belas angka: "
            "ubah format kolom menjadi teks, lalu isi kembali."
        ),
        "cells": "Jumlah sel baris ini tidak sama dengan baris judul.",
        "duplicate-column": "Sebuah kolom disebut dua kali pada baris judul.",
        "duplicate-row": "Baris sebelumnya sudah memuat data hal yang sama.",
        "empty": "Berkas tidak memiliki baris judul.",
        "in-the-future": "Tanggal ini belum tiba.",
        "internal-error": "Gangguan pada desk; yang sudah masuk sebelumnya tetap tercatat.",
        "json": "Baris ini bukan objek JSON.",
        "missing": "Isian ini wajib ada.",
        "missing-column": "Ada kolom wajib yang tidak terdapat pada baris judul.",
        "no-features": "Berkas tidak memuat features.",
        "not-a-feature": "Ini bukan feature GeoJSON dengan properties.",
        "not-begun": "Menurut jam desk kegiatan ini belum dimulai, jadi belum terlaksana.",
        "not-csv": "Berkas ini di suatu tempat bukan CSV lagi.",
        "not-geojson": "Berkas ini di suatu tempat bukan JSON lagi.",
        "not-utf-8": "Berkas ini bukan teks UTF-8.",
        "not-xlsx": "Buku kerja XLSX ini tidak dapat dibaca.",
        "officer-elsewhere": "Orang ini sudah memegang posisi lain.",
        "place-unknown": "Tidak ada wilayah atau TPS dengan kode ini.",
        "region-current": "Kode ini masih berlaku pada daftar desk: tidak ada penggantinya.",
        "region-not-covered": "Baris ini di luar wilayah token.",
        "region-unknown": "Daftar wilayah tidak memuat kode ini.",
        "roster-slot-empty": "Posisi ini belum diisi siapa pun.",
        "slot-unknown": "Tempat ini tidak memiliki posisi sebanyak itu untuk tugas ini.",
        "too-large": "Berkas ini terlalu besar setelah dibuka.",
        "too-many-positions": "Bidang ini memuat terlalu banyak titik.",
        "tps-moved": "TPS ini dipindahkan dengan keputusan: pindahkan dengan perintahnya, atau biarkan.",
        "tps-renumbered": "TPS ini sekarang memiliki kode lain.",
        "tps-unknown": "Tidak ada TPS yang memiliki atau pernah memiliki kode ini.",
        "training-unknown": "Tidak ada pelatihan dengan kode ini.",
        "unknown-column": "Ada kolom pada baris judul yang tidak dikenal.",
        "wrong-state": "Keadaan saat ini sudah melewati langkah ini.",
    }
)
"""By code; what names a number or a code of its own brings its sentence with it (`Misfit.detail_id`)."""

_OF_ANY_OTHER = "Bagian ini tidak sesuai ketentuan; lihat kodenya."


def told_reason(kept: object) -> RowReason:
    """Return what was found on a row as it is told; what was kept before there was a second language gets it here."""
    reason = cast("Mapping[str, str]", kept)
    return RowReason(
        field=reason["field"],
        code=reason["code"],
        detail=reason["detail"],
        detail_id=reason.get("detail_id") or in_indonesian(reason["code"]),
    )


def in_indonesian(code: str) -> str:
    """Return the Indonesian sentence of a code: of a finding, or of what refuses a row."""
    finding = FINDING_CODES.get(code)
    return finding.indonesian if finding is not None else IN_INDONESIAN.get(code, _OF_ANY_OTHER)
