"""The page of the gateway (the situation room) and the API's own documentation, from this process alone.

What is served was built from `gateway/web/src` and is committed in `gateway/web/dist`: Node is needed only to change it. The
files hold no data: whoever looks brings a token, which the page sends in a header and keeps in its tab. So there is no
cookie, nothing is asked of any other host, and the browser is told to allow neither.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.conditional import not_modified
from chassis.problems import NotFound

DIST = Path(__file__).parent / "web" / "dist"

_POLICY: Final[Mapping[str, str]] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",  # MapLibre prepares its points in a worker of its own
    "style-src": "'self'",
    "img-src": "'self' data:",  # signs inside the style sheets of MapLibre and Swagger UI
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
SECURITY_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "; ".join(f"{name} {allowed}" for name, allowed in _POLICY.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
)

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_PACKED: Final = frozenset({".woff2"})
"""Files that compression would only make larger."""

_CHECK_EACH_TIME = "no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class PageFile:
    """One file of the page, held in memory.

    Attributes:
        cache_control: how long a browser may use it unasked.
    """

    content: bytes
    suffix: str
    cache_control: str

    @cached_property
    def digest(self) -> str:
        """Return what stands for the content in its ETag."""
        return hashlib.sha256(self.content).hexdigest()[:20]

    @cached_property
    def compressed(self) -> bytes:
        """Return the content as gzip, made when it is first asked for."""
        return gzip.compress(self.content, 9, mtime=0)


def page_routes(dist: Path = DIST) -> list[Route]:
    """Return the routes of the page: `/`, `/docs`, its sign, and whatever both of them load."""
    assets = {file.name: _read(file) for file in sorted((dist / "assets").iterdir())}
    shown = {"/": "index.html", "/docs": "docs.html", "/favicon.svg": "favicon.svg"}
    return [
        *(
            Route(path, _shown(_read(dist / name)), include_in_schema=False, name=f"page_{name}")
            for path, name in shown.items()
        ),
        Route("/assets/{name}", _asset(assets), include_in_schema=False, name="page_asset"),
    ]


def _read(file: Path) -> PageFile:
    # Names of assets carry a hash of what is in them; the others keep their name when they change.
    hashed = file.parent.name == "assets" and file.suffix != ".txt"
    return PageFile(file.read_bytes(), file.suffix, _FOR_EVER if hashed else _CHECK_EACH_TIME)


def _shown(file: PageFile) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        return await _answer(request, file)

    return show


def _asset(files: Mapping[str, PageFile]) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        file = files.get(request.path_params["name"])
        if file is None:
            raise NotFound("The page has no such file.", detail_id="Halaman tidak memiliki berkas itu.")
        return await _answer(request, file)

    return show


async def _answer(request: Request, file: PageFile) -> Response:
    packed = "gzip" in request.headers.get("accept-encoding", "") and file.suffix not in _PACKED
    etag = f'"{file.digest}{"-gz" if packed else ""}"'
    headers = {
        **SECURITY_HEADERS,
        "ETag": etag,
        "Cache-Control": file.cache_control,
        "Vary": "Accept-Encoding",
    }
    if not_modified(request, etag):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
        content = await asyncio.to_thread(lambda: file.compressed)
    else:
        content = file.content
    return Response(content, media_type=_TYPES[file.suffix], headers=headers)
