"""The situation room in a real Chromium, on a real desk of a dozen TPS. Skipped, and said, where there is no Chromium."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from deploy import postgres
from tests.operating import DESK, Operator, wait_for

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"
    ),
]
TPS = 12
REGION = "32.71"
PATIENCE_MS = 30_000
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
Opened = Callable[..., Page]


class Room:
    """A desk with a few TPS, the tokens of those who look at it, and the means to report to it."""

    def __init__(self, home: Path) -> None:
        self.operator = Operator(home)
        self.url = f"http://127.0.0.1:{self.operator.port}"
        self._tokens: dict[str, str] = {}
        self.api = httpx.Client(base_url=f"{self.url}/v1/elections/pilkada-2024", timeout=30, trust_env=False)

    def start(self) -> None:
        """Start the desk and load its TPS; a machine that does much else takes its time."""
        settings = {"DESK_SIMULATOR_TPS": str(TPS), "DESK_SIMULATOR_SEED": "7"}
        with self.operator.output.open("wb") as output:
            desk = subprocess.Popen(
                [DESK, "run"],
                env=self.operator.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        said = self.operator.output.read_text
        wait_for(lambda: desk.poll() is not None or "Kota Bogor is loaded" in said(), patience_s=200)
        assert desk.poll() is None, said()
        wait_for(lambda: len(self.tps()) == TPS, patience_s=20)

    def forget(self, role: str) -> None:
        """Let the next who looks as this role have another token: the one before is over."""
        self._tokens.pop(role, None)

    def token(self, role: str) -> str:
        if role not in self._tokens:
            words = ("token", "--role", role, "--region", REGION, "--person", f"test-{role}")
            self._tokens[role] = self.operator.type(*words).stdout.strip()
        return self._tokens[role]

    def read(self, path: str, role: str = "desk") -> dict[str, object]:
        answer = self.api.get(path, headers={"Authorization": f"Bearer {self.token(role)}"})
        return answer.raise_for_status().json()

    def send(self, path: str, role: str, **body: object) -> None:
        sent = {
            "occurred_at": datetime(2024, 11, 26, 23, 5, tzinfo=UTC).isoformat(),
            "channel": "app",
            **body,
        }
        headers = {"Authorization": f"Bearer {self.token(role)}", "Idempotency-Key": uuid4().hex}
        answer = self.api.post(path, json=sent, headers=headers)
        assert answer.is_success, answer.text

    def tps(self) -> list[str]:
        """The codes of the TPS, in order."""
        features = self.read(f"/tps.geojson?region={REGION}")["features"]
        assert isinstance(features, list)
        return sorted(feature["properties"]["code"] for feature in features)

    def reach(self, code: str, milestone: str) -> None:
        self.send(f"/tps/{code}/milestones", "kpps", milestone=milestone)

    def kill_gateway(self) -> None:
        (pid,) = (p["pid"] for p in self.operator.status()["processes"] if p["name"] == "gateway")
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(tmp_path_factory.mktemp("page"))
    try:
        room.start()
        yield room
    finally:
        room.api.close()
        room.operator.type("down")
        postgres.remove(room.operator.folder / "postgres")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # the map, without a graphics card
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has none for root
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, room: Room) -> Iterator[Opened]:
    """Open the page as somebody, in a browser profile of its own; nothing may go wrong in it, nor leave for elsewhere."""
    contexts = []
    complaints: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith((room.url, "data:", "blob:")):
            complaints.append(f"asked for {request.url}")

    def opened(role: str | None = "desk", path: str = "/", **settings: object) -> Page:
        options = {"locale": "id-ID", "viewport": {"width": 1440, "height": 900}, **settings}
        context = browser.new_context(**options)  # type: ignore[arg-type]  # the options are Playwright's own
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", watch)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page.goto(f"{room.url}{path}" + (f"#token={room.token(role)}" if role else ""))
        if role:
            page.get_by_test_id("offered").get_by_role("button").first.click()
            page.get_by_test_id("desk-time").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def shown(page: Page, name: str, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_test_id(name)).to_contain_text(text)


def test_what_the_field_reports_appears_and_what_nobody_reported_is_said(
    room: Room, open_page: Opened
) -> None:
    first, second, *_ = room.tps()
    page = open_page()
    shown(page, "figure-turnout", "belum ada data")
    shown(page, "contest-walikota-32.71", f"0 dari {TPS} TPS masuk")
    expect(page.get_by_test_id("stream")).to_have_attribute("data-state", "open")

    room.reach(first, "opened")
    shown(page, "milestone-opened", re.compile(r"^1$"))
    spoken = f"TPS {int(first[-3:])} "
    expect(page.get_by_test_id("event").filter(has_text=f"{spoken}").first).to_contain_text("dibuka")

    room.send(f"/tps/{first}/turnout-reports", "kpps", slot="08:00", men=40, women=60)
    shown(page, "figure-turnout", re.compile(r"\d+,\d\d%\s*100\s"))
    room.send(
        *("/incidents", "bpbd"),
        tps_code=second,
        category="disaster",
        severity="high",
        title="Banjir di halaman",
        description="Air setinggi lutut.",
    )
    expect(page.get_by_test_id("incident").first).to_contain_text("Banjir di halaman")


def test_the_label_stays_whatever_is_on_the_screen(room: Room, open_page: Opened) -> None:
    page = open_page("observer")
    label = page.get_by_test_id("not-official")
    expect(page.get_by_test_id("rehearsal")).to_be_visible()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(label).to_be_in_viewport()
    page.get_by_test_id("find-tps").fill(room.tps()[0])
    page.locator(".find li button").first.click()
    expect(page.get_by_test_id("tps-panel")).to_contain_text("Bukan hasil resmi")
    expect(label).to_be_in_viewport()
    for contest in ("walikota-32.71", "gubernur-32"):
        expect(page.get_by_test_id(f"contest-{contest}").get_by_test_id("withheld")).to_be_visible()


def test_the_token_stays_in_the_tab(room: Room, open_page: Opened) -> None:
    page = open_page()
    assert page.url == f"{room.url}/"
    assert page.context.cookies() == []
    assert page.evaluate(
        "[localStorage, sessionStorage].map(kept => JSON.stringify(kept).includes('eyJ'))"
    ) == [
        False,
        True,
    ]
    with page.expect_request("**/overview") as asked:
        pass
    assert asked.value.headers["authorization"] == f"Bearer {room.token('desk')}"
    page.get_by_role("button", name="Keluar").click()
    page.get_by_test_id("sign-in").wait_for()
    assert page.evaluate("sessionStorage.length") == 0
    signed_out = {"Authorization": f"Bearer {room.token('desk')}"}
    room.forget("desk")
    wait_for(
        lambda: room.api.get("/regions/32.71/overview", headers=signed_out).status_code == 401, patience_s=60
    )


def test_a_link_signs_nobody_in_without_being_asked(room: Room, open_page: Opened) -> None:
    page = open_page(None)
    page.goto(f"{room.url}/?again#token={room.token('observer')}")
    offered = page.get_by_test_id("offered")
    expect(offered).to_contain_text("test-observer")
    assert page.url == f"{room.url}/?again"
    assert page.evaluate("sessionStorage.length") == 0
    offered.get_by_role("button", name="Tidak").click()
    page.get_by_test_id("sign-in").wait_for()
    assert page.evaluate("sessionStorage.length") == 0


def test_without_a_good_token_nothing_is_shown(open_page: Opened) -> None:
    page = open_page(None)
    page.get_by_label("Token akses").fill("not a token")
    page.get_by_role("button", name="Masuk").click()
    expect(page.get_by_role("alert")).to_contain_text("bukan token akses")
    expect(page.get_by_test_id("desk-time")).to_have_count(0)


def test_a_lost_stream_is_said_and_comes_back(room: Room, open_page: Opened) -> None:
    page = open_page()
    stream = page.get_by_test_id("stream")
    expect(stream).to_have_attribute("data-state", "open")
    room.kill_gateway()
    expect(stream).not_to_have_attribute("data-state", "open")
    expect(stream).to_have_attribute("data-state", "open", timeout=2 * PATIENCE_MS)
    third = room.tps()[2]
    room.reach(third, "ready")
    expect(page.get_by_test_id("event").filter(has_text=f"TPS {int(third[-3:])} ").first).to_be_visible()


def test_it_can_be_used_without_a_mouse(room: Room, open_page: Opened) -> None:
    page = open_page()
    page.reload()  # or the focus goes on from the button that signed in
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    code = room.tps()[3]
    page.get_by_test_id("find-tps").focus()
    page.keyboard.type(code)
    page.locator(".find li button").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("tps-panel")).to_contain_text(code)
    assert page.evaluate("document.activeElement.id") == "tps-situation"
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("tps-panel")).to_have_count(0)
    assert "TPS" in page.evaluate("document.activeElement.textContent")


@pytest.mark.parametrize(("scheme", "language"), [("light", "EN"), ("dark", "ID")])
def test_axe_finds_nothing(room: Room, open_page: Opened, scheme: str, language: str) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    page.get_by_role("button", name=language, exact=True).click()
    page.get_by_test_id("map").locator("canvas").wait_for()
    page.locator("[data-testid=point-1] summary").click()
    for _ in ("the room", "with a TPS opened"):
        found = Axe().run(page, options={**WCAG, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        page.get_by_test_id("find-tps").fill(room.tps()[0])
        page.locator(".find li button").first.click()
        page.get_by_test_id("tps-panel").get_by_role("heading", level=3).first.wait_for()


@pytest.mark.parametrize(("width", "height"), [(360, 740), (768, 1024), (1920, 1080)])
def test_it_fits(open_page: Opened, width: int, height: int) -> None:
    page = open_page(viewport={"width": width, "height": height})
    page.get_by_test_id("region-32.71.01").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_api_is_described_without_a_network(open_page: Opened) -> None:
    page = open_page(None, "/docs")
    expect(page.get_by_role("heading", name=re.compile("Desk Pilkada"))).to_be_visible()
    page.get_by_role("link", name="regions", exact=True).click()
    expect(page.get_by_text("/v1/elections/{election}/regions/{code}/overview").first).to_be_visible()


def test_the_browser_is_told_to_trust_nobody_else(room: Room) -> None:
    for path in ("/", "/docs"):
        answer = httpx.get(f"{room.url}{path}", trust_env=False)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        for asset in re.findall(r'(?:src|href)="(/[^"]+)"', answer.text):
            found = httpx.get(f"{room.url}{asset}", trust_env=False)
            assert found.status_code == 200, asset
            again = httpx.get(
                f"{room.url}{asset}", headers={"If-None-Match": found.headers["etag"]}, trust_env=False
            )
            assert again.status_code == 304
    assert httpx.get(f"{room.url}/assets/..%2Findex.html", trust_env=False).status_code == 404
