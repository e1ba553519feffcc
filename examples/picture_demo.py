"""Take the pictures of the demo for the documents: python examples/picture_demo.py [FOLDER]

Needs Chromium and Playwright (extra dev). Starts the demo, uses it as a visitor would, and writes
what a desktop and a phone show. A video as second argument is opened for one more picture.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True,
    "has_touch": True,
}  # fmt: skip
PATIENCE_MS = 180_000


def main(folder: Path, video: Path | None) -> None:
    """Write ``demo-desktop.png``, ``demo-compare.png`` and ``demo-phone.png``."""
    from playwright.sync_api import sync_playwright

    from llamo.assistant import Assistant
    from llamo.serve.server import Server, Settings

    with Server(Assistant.from_pretrained, Settings(port=0)) as server, sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = _visit(browser, server.url, DESKTOP, "#example-squats")
        _ask(page, "How many squats does the person do?")
        _ask(page, "What does the person do?")
        page.locator(".llamo-moment").nth(2).click()
        _shoot(page, folder / "demo-desktop.png")
        page.wait_for_selector("#measured table")
        page.locator("#chart").scroll_into_view_if_needed()
        _shoot(page, folder / "demo-measurements.png", "#chart")
        page.get_by_role("tab", name="Compare").click()
        page.click("#other-routine")
        page.wait_for_selector("#compared table")
        page.locator("#compared .llamo-time").first.click()
        _shoot(page, folder / "demo-compare.png", ".llamo-both")
        phone = _visit(browser, server.url, PHONE, "#example-squats")
        _ask(phone, "How many squats does the person do?")
        phone.locator(".llamo-moment").nth(1).click()
        _shoot(phone, folder / "demo-phone.png", "#stage")
        if video is not None:
            page = _visit(browser, server.url, DESKTOP, None)
            page.set_input_files("#file input[type=file]", video)
            page.wait_for_selector("#stage .llamo-stage video")
            _ask(page, "What does the person do?")
            page.locator(".llamo-moment").first.click()
            page.wait_for_timeout(1000)
            _shoot(page, folder / "demo-video.png")
        browser.close()


def _visit(browser: Any, url: str, device: dict[str, Any], press: str | None) -> Any:
    page = browser.new_context(**device).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.wait_for_selector("#example-squats")
    if press is not None:
        page.click(press)
        page.wait_for_selector("#stage .llamo-stage")
    return page


def _ask(page: Any, question: str) -> None:
    before = page.locator(".llamo-behind").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.locator(".llamo-behind").nth(before).wait_for()


def _shoot(page: Any, path: Path, top: str | None = None) -> None:
    """What a visitor sees, with a part of the page at the top."""
    if top is None:
        page.evaluate("scrollTo(0, 0)")
    else:
        page.locator(top).first.evaluate("one => one.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(1500)
    page.screenshot(path=path)
    print(path)


if __name__ == "__main__":
    to = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images")
    main(to, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
