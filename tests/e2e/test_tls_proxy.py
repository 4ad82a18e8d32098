"""The proxy of `deploy/nginx/desk.conf` before the real door: TLS of today, and no word of a caller for itself."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from chassis.public_budgets import spender_of
from chassis.serving import served_by
from gateway.settings import Settings
from tests.harness import bare_app
from tests.infrastructure import free_ports

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin") or shutil.which("nginx")

pytestmark = pytest.mark.skipif(
    NGINX is None or shutil.which("openssl") is None, reason="no nginx, or no openssl, here"
)


OLD = "AES128-SHA:AES256-SHA256:ECDHE-ECDSA-AES128-SHA"


@dataclass
class Proxy:
    """A running proxy.

    Attributes:
        certificate: what a caller has to trust.
    """

    plain: int
    tls: int
    certificate: Path

    def get(self, path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
        """Ask by TLS, with a certificate that is checked."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        with httpx.Client(verify=context, trust_env=False) as http:
            return http.request(method, f"https://localhost:{self.tls}{path}", headers=headers)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    first = free_ports(3)
    door, plain, tls = first, first + 1, first + 2
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-keyout", folder / "desk.key", "-out", folder / "desk.pem", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    conf = (ROOT / "deploy" / "nginx" / "desk.conf").read_text()
    for ours, here in {
        "listen 80": f"listen 127.0.0.1:{plain}",
        "listen 443": f"listen 127.0.0.1:{tls}",
        "/etc/nginx/tls": str(folder),
        "127.0.0.1:8000": f"127.0.0.1:{door}",
        "desk.example": "localhost",
    }.items():
        assert ours in conf
        conf = conf.replace(ours, here)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ {temporary} {conf} }}"
    )
    server = _door(door)
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    try:
        _wait_for(tls)
        yield Proxy(plain, tls, folder / "desk.pem")
    finally:
        process.terminate()
        process.wait(10)
        server.should_exit = True


def _door(port: int) -> uvicorn.Server:
    """Serve the door as production does, with nothing behind it, and a route that says what it sees."""

    async def seen(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{spender_of(request)} {request.url.scheme}")

    app = bare_app("gateway")
    app.router.routes.append(Route("/seen", seen, methods=["GET", "POST"]))
    settings = Settings.model_validate(
        {**app.state.settings.model_dump(), "http_port": port, "trusted_proxies": "127.0.0.1"}
    )
    config = served_by(app, settings)
    config.lifespan = "off"
    server = uvicorn.Server(config)
    threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True).start()
    _wait_for(port)
    return server


def _wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        threading.Event().wait(0.05)
    raise TimeoutError(port)


def test_answers_bind_a_browser_to_tls(proxy: Proxy) -> None:
    for path, status in (("/", 200), ("/v1/elections/x/regions/32.71/overview", 401), ("/nowhere", 404)):
        answer = proxy.get(path)
        assert answer.status_code == status
        assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"]


def test_what_a_caller_says_of_itself_falls_away(proxy: Proxy) -> None:
    lies = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "http", "Forwarded": "for=198.51.100.7"}
    assert proxy.get("/seen", **lies).text == "127.0.0.1 https"


def test_what_is_for_the_inside_stays_there(proxy: Proxy) -> None:
    for path in ("/metrics", "/metrics/", "/internal/ledger", "/internal/dead-letters"):
        assert proxy.get(path).status_code == 404


def test_a_page_is_led_to_tls_and_a_program_is_refused(proxy: Proxy) -> None:
    with httpx.Client(trust_env=False) as http:
        page = http.get(f"http://127.0.0.1:{proxy.plain}/")
        program = http.get(f"http://127.0.0.1:{proxy.plain}/v1/elections/x/regions/32.71/overview")
    assert (page.status_code, page.headers["Location"]) == (308, "https://localhost/")
    assert program.status_code == 403


def test_nobody_hears_a_request_again(proxy: Proxy) -> None:
    assert proxy.get("/seen", method="TRACE").status_code == 405


@pytest.mark.parametrize(
    ("version", "taken"),
    [("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)],
)
def test_only_tls_of_today_is_spoken(proxy: Proxy, version: str, taken: bool) -> None:
    run = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.tls}", version, "-cipher", "ALL:@SECLEVEL=0"],
        input=b"", capture_output=True, check=False,
    )  # fmt: skip
    assert (b"BEGIN CERTIFICATE" in run.stdout) is taken, run.stderr.decode()


def test_old_ciphers_are_refused(proxy: Proxy) -> None:
    run = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.tls}", "-tls1_2", "-cipher", OLD],
        input=b"", capture_output=True, check=False,
    )  # fmt: skip
    assert b"BEGIN CERTIFICATE" not in run.stdout
