"""Every page in a real browser: silent, alone, whole on a desk and on a phone, on paper, and for everybody.

Pictures of all of them are kept where ``CHURNLAB_SCREENSHOTS`` says.
"""

import re

import pytest

from browser import DESKTOP, PHONE, axe
from shown_pages import PAGES

SERIOUS = {"serious", "critical"}
BEHIND = "getComputedStyle(document.body).backgroundColor"
# The patch that fills a picture, behind all that is drawn.
PICTURES = (
    "[...document.querySelectorAll('figure svg [id$=-patch_1] path')]"
    ".map(each => getComputedStyle(each).fill)"
)
every_page = pytest.mark.parametrize("name", PAGES)


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@every_page
def test_a_page_opens_silently_and_fits_its_window(chromium, written, name, width):
    with chromium.page(written(name), width=width) as page:
        page.screenshot(f"{name}-{width}")
        assert page.troubles() == []
        assert page.too_wide() <= 0


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@every_page
def test_a_page_opens_for_those_who_read_in_the_dark(chromium, written, name, width):
    with chromium.page(written(name), width=width, dark=True) as page:
        page.screenshot(f"{name}-{width}-dark")
        assert page.troubles() == []
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        if name != "data":  # which is light for everybody
            assert page.evaluate(BEHIND) == "rgb(22, 25, 28)"
            assert set(page.evaluate(PICTURES)) <= {"rgb(22, 25, 28)"}


@every_page
def test_paper_is_light_for_those_who_read_in_the_dark(chromium, written, name):
    with chromium.page(written(name), dark=True) as page:
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        page.call("Emulation.setEmulatedMedia", media="print", features=dark)
        assert page.evaluate(BEHIND) == "rgb(255, 255, 255)"
        assert set(page.evaluate(PICTURES)) <= {"rgb(255, 255, 255)"}


@every_page
def test_a_page_can_be_printed(chromium, written, name):
    with chromium.page(written(name)) as page:
        paper = page.pdf()
        assert paper.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) > 1
        assert page.troubles() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@every_page
def test_a_page_is_accessible(chromium, written, name, dark):
    if not axe().is_file():
        pytest.skip("axe is not installed: make axe")
    with chromium.page(written(name), dark=dark) as page:
        assert [found for found in page.violations() if found[1] in SERIOUS] == []
