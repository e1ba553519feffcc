"""The demo in a real browser: what a coach does, what is fetched, and what keys do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import chromium, serving, until

from llamo.formats import write_motion
from llamo.serve.examples import example_motion

pytest.importorskip("gradio")

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
EVIL = "<img src=x onerror=\"document.title='broken'\">"
SLOW_MS = 60_000
"""The machine may have other work."""


@pytest.fixture(scope="module")
def server(weights_dir: Path) -> Iterator[Any]:
    with serving(weights_dir) as running:
        yield running


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Motion files to drop."""
    folder = tmp_path_factory.mktemp("clips")
    paths = {name: folder / f"my {name}.npz" for name in ("squats", "wave_left")}
    for name, path in paths.items():
        write_motion(example_motion(name), path)
    return paths


class Tab:
    """A page in a session of its own, and all that it asked for."""

    def __init__(self, browser: Any, url: str, size: dict[str, int], **settings: Any) -> None:
        self.context = browser.new_context(viewport=size, **settings)
        self.page = self.context.new_page()
        self.page.set_default_timeout(SLOW_MS)
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url)
        self.page.wait_for_selector("#example-squats")

    def drop(self, path: Path) -> None:
        self.page.set_input_files("#file input[type=file]", path)
        self.page.wait_for_selector(f'#stage .llamo-stage[data-name="{path.name}"]')

    def example(self, name: str) -> None:
        self.page.click(f"#example-{name}")
        self.page.wait_for_selector("#stage .llamo-stage")

    def ask(self, question: str) -> tuple[str, float]:
        """The answer's text, and seconds until its moments were there."""
        before = self.page.locator(".llamo-behind").count()
        start = time.perf_counter()
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        self.page.locator(".llamo-behind").nth(before).wait_for()
        took_s = time.perf_counter() - start
        return self.page.locator("#chat .bot.message").last.inner_text(), took_s

    @property
    def time_s(self) -> float:
        return float(self.page.locator("#stage .llamo-stage").get_attribute("data-time"))


@pytest.fixture
def tab(chrome: Any, server: Any) -> Iterator[Tab]:
    one = Tab(chrome, server.url, DESKTOP)
    yield one
    one.context.close()
    assert not one.errors


def test_a_coach_drops_asks_presses_a_moment_and_asks_again(
    tab: Tab, clips: dict[str, Path]
) -> None:
    start = time.perf_counter()
    tab.drop(clips["squats"])
    said, _ = tab.ask("How many squats does the person do?")
    first_s = time.perf_counter() - start  # from the file to the first answer
    assert said.split()[0] == "5"
    moment = tab.page.locator(".llamo-moment").nth(1)
    wanted_s = float(moment.get_attribute("data-seek").split(":")[1])
    assert wanted_s > 0.5 and tab.time_s == 0
    moment.click()
    assert tab.time_s == pytest.approx(wanted_s, abs=0.001)
    _, second_s = tab.ask("How many squats does the person do?")
    assert second_s < first_s
    # The numbers came by themselves, and their times can be pressed, too.
    tab.page.locator("#measured .llamo-time").nth(2).click()
    pressed = tab.page.locator("#measured .llamo-time").nth(2).get_attribute("data-seek")
    assert tab.time_s == pytest.approx(float(pressed.split(":")[1]), abs=0.001)
    assert "knee flexion" in tab.page.locator("#chart figcaption").inner_text()


def test_the_body_plays_and_is_turned_by_keys(tab: Tab) -> None:
    page = tab.page
    tab.example("wave_left")
    canvas = page.locator("#stage canvas")
    before = canvas.evaluate("one => one.toDataURL()")
    assert len(before) > 5000  # something is drawn
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    turned = canvas.evaluate("one => one.toDataURL()")
    assert turned != before and tab.time_s == 0
    page.keyboard.press(".")
    assert tab.time_s == pytest.approx(1 / 30, abs=0.002)
    page.keyboard.press("Space")
    assert until(lambda: tab.time_s > 0.3, 60)
    page.keyboard.press("Space")
    assert page.locator(".llamo-play").get_attribute("aria-label") == "Play"
    page.keyboard.press("End")
    assert tab.time_s > 2


def test_two_sessions_never_see_each_others_clip(
    chrome: Any, server: Any, clips: dict[str, Path], tab: Tab
) -> None:
    other = Tab(chrome, server.url, DESKTOP)
    tab.drop(clips["squats"])
    other.drop(clips["wave_left"])
    assert tab.ask("What does the person do?")[0].startswith("squat")
    assert other.ask("What does the person do?")[0].startswith("wave")
    assert "my wave_left" not in tab.page.content()
    assert "my squats" not in other.page.content()
    other.context.close()


def test_everything_comes_from_this_server(tab: Tab, server: Any) -> None:
    tab.example("squats")
    tab.ask("What does the person do?")
    tab.page.get_by_role("tab", name="Compare").click()
    tab.page.get_by_role("tab", name="Webcam").count()
    tab.page.get_by_role("button", name="Use via API").click()
    tab.page.wait_for_timeout(1500)
    elsewhere = [
        url for url in tab.asked if not url.startswith((server.url, "data:", "blob:", "about:"))
    ]
    assert not elsewhere
    assert len(tab.asked) > 10


def test_html_in_a_question_and_in_a_name_is_text(tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "a <img src=x> b.npz"
    write_motion(example_motion("wave_left"), path)
    tab.page.set_input_files("#file input[type=file]", path)
    tab.page.wait_for_selector("#stage .llamo-stage")
    tab.ask(EVIL)
    assert tab.page.locator("#chat img[src=x], #stage img").count() == 0
    assert EVIL in tab.page.locator("#chat .user.message").last.inner_text()
    assert tab.page.title() == "llamo"


def test_a_wrong_file_is_told_and_the_page_goes_on(tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    path.write_bytes(b"PK")
    tab.page.set_input_files("#file input[type=file]", path)
    alert = tab.page.locator("#problem [role=alert]")
    alert.wait_for()
    assert "expected a video" in alert.inner_text()
    tab.example("wave_left")
    assert alert.count() == 0


def test_two_clips_stand_beside_each_other(tab: Tab) -> None:
    page = tab.page
    tab.example("squats")
    page.get_by_role("tab", name="Compare").click()
    page.click("#other-routine")
    page.wait_for_selector("#compared table")
    first, second = (page.locator(f'#pair [data-stage="{place}"]') for place in "ab")
    assert first.bounding_box()["y"] == pytest.approx(second.bounding_box()["y"], abs=2)
    page.locator("#compared .llamo-time").first.click()
    wanted = page.locator("#compared .llamo-time").first.get_attribute("data-seek")
    shown = " ".join(
        f"{place}:{one.get_attribute('data-time')}" for place, one in (("a", first), ("b", second))
    )
    assert shown == wanted


def test_a_report_is_downloaded(tab: Tab) -> None:
    tab.example("squats")
    tab.ask("How many squats does the person do?")
    tab.page.get_by_role("tab", name="Take home").click()
    tab.page.click("#report")
    tab.page.wait_for_selector("#download:not([disabled])")
    with tab.page.expect_download() as download:
        tab.page.click("#download")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "How many squats does the person do?" in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)


def test_a_phone_shows_all_without_scrolling_sideways(chrome: Any, server: Any) -> None:
    phone = Tab(chrome, server.url, PHONE, is_mobile=True, has_touch=True)
    page = phone.page
    phone.example("squats")
    phone.ask("How many squats does the person do?")
    page.wait_for_selector("#measured table")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("#stage .llamo-stage").bounding_box()["width"] > 340
    buttons = page.locator("#stage button, .llamo-behind button").all()
    heights = [box["height"] for box in (one.bounding_box() for one in buttons) if box]
    assert len(heights) > 5 and min(heights) >= 28  # fingers need room
    phone.context.close()
    assert not phone.errors


def test_pictures_and_fields_have_names_for_those_who_do_not_see(tab: Tab) -> None:
    tab.example("squats")
    tab.ask("How many squats does the person do?")
    tab.page.wait_for_selector("#measured table")
    unnamed = tab.page.evaluate(
        """() => [...document.querySelectorAll(
            'img, canvas, video, svg[role=img]:not([aria-hidden=true]), .llamo-stage button, '
            + '.llamo-stage input, .llamo-stage select, .llamo-moment')]
            .filter(one => one.offsetParent !== null || one.tagName === 'svg')
            .filter(one => !(one.getAttribute('alt') || one.getAttribute('aria-label')
                || one.textContent.trim()))
            .map(one => one.outerHTML.slice(0, 120))"""
    )
    assert not unnamed


def test_a_page_that_is_closed_leaves_nothing(
    chrome: Any, server: Any, clips: dict[str, Path]
) -> None:
    from serving import files_below

    gone = Tab(chrome, server.url, DESKTOP)
    gone.drop(clips["squats"])
    here = len(server.service.visitors)
    assert files_below(server.folder / "visitors")
    gone.context.close()
    assert until(lambda: len(server.service.visitors) < here, 60)
    assert until(lambda: not [p for p in files_below(server.folder) if p.suffix == ".npz"], 60)
