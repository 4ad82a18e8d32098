"""Where a TPS stands: addresses that nobody can take for real ones, and a point inside the kelurahan."""

import math
import random

from simulator.plan.model import Kelurahan

PLACES = (
    "Halaman Balai RW",
    "Lapangan Bulu Tangkis",
    "Halaman Masjid",
    "Halaman Sekolah Dasar",
    "Pos Ronda",
    "Garasi Warga",
    "Aula Kelurahan",
    "Posyandu",
    "Halaman Gereja",
    "Lapangan Futsal",
)
"""Kinds of places where TPS stand."""

METRES_PER_DEGREE = 111_320


def draw_place(rng: random.Random, *, number: int, kelurahan: Kelurahan) -> tuple[str, str]:
    """Return a kind of place and an address. The street's name says that it is invented: `Jalan Simulasi`."""
    kind = rng.choice(PLACES)
    rt, rw = rng.randint(1, 9), rng.randint(1, 16)
    address = f"Jalan Simulasi {number}, RT {rt:02d}/RW {rw:02d}, {kelurahan.name}, {kelurahan.kecamatan} (alamat rekaan)"
    return kind, address


def scatter(rng: random.Random, kelurahan: Kelurahan) -> tuple[float, float] | tuple[None, None]:
    """Return a point (latitude, longitude in degrees) within the kelurahan, or nothing where its own is not known."""
    if kelurahan.lat is None or kelurahan.lon is None:
        return None, None
    distance = 0.95 * kelurahan.radius_m * math.sqrt(rng.random())
    bearing = rng.uniform(0, math.tau)
    north = distance * math.cos(bearing) / METRES_PER_DEGREE
    east = distance * math.sin(bearing) / (METRES_PER_DEGREE * math.cos(math.radians(kelurahan.lat)))
    return round(kelurahan.lat + north, 5), round(kelurahan.lon + east, 5)
