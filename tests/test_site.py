"""The documentation site: every page reachable, every public name told, nothing fetched."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import llamo

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video)\b[^>]*?\bsrc=[\"']?(?:https?:)?//[^\s>]+"
)
LINKED = re.compile(r"<link\b[^>]*?\bhref=[\"']?(?:https?:)?//[^\s>]+")
STYLED = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\s]+")


def settings() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text())


def pages(nav: Any) -> list[str]:
    """The pages of a navigation, in order."""
    if isinstance(nav, str):
        return [nav]
    children = nav.values() if isinstance(nav, dict) else nav
    return [page for child in children for page in pages(child)]


def test_the_navigation_names_pages_that_are_there_once():
    named = pages(settings()["nav"])
    assert len(named) == len(set(named))
    assert [page for page in named if not (DOCS / page).is_file()] == []
    assert set(named) == {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}


def test_the_navigation_has_a_part_for_each_kind_of_reader():
    parts = [next(iter(part)) for part in settings()["nav"]]
    assert parts == ["Start", "Try it", "Build a coaching app", "Research"]


def test_the_reference_tells_every_public_name():
    text = (DOCS / "reference.md").read_text()
    told = re.findall(r"^::: (llamo[\w.]*)\.(\w+)$", text, re.MULTILINE)
    assert set(llamo.__all__) <= {name for _, name in told}
    for module, name in told:
        assert getattr(importlib.import_module(module), name).__doc__, f"{name} has no docstring"


def test_readers_fetch_nothing_from_elsewhere_by_the_settings():
    theme = settings()["theme"]
    assert theme["font"] is False
    assert not {"extra_javascript", "extra_css", "repo_url"} & set(settings())


def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path, monkeypatch):
    pytest.importorskip("mkdocs")
    pytest.importorskip("material")
    pytest.importorskip("mkdocstrings_handlers.python")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    monkeypatch.chdir(ROOT)
    build(load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(tmp_path / "site")))
    built = list((tmp_path / "site").rglob("*.html"))
    assert len(built) >= len(pages(settings()["nav"]))
    for page in built:
        text = page.read_text()
        found = [*FETCHED.findall(text), *LINKED.findall(text)]
        assert not found, f"{page.name} fetches {found}"
    for sheet in (tmp_path / "site").rglob("*.css"):
        assert not STYLED.search(sheet.read_text()), f"{sheet.name} fetches from elsewhere"
    reference = (tmp_path / "site" / "reference" / "index.html").read_text()
    assert "(h, w, 3) uint8, RGB" in reference  # a docstring, not only a name
