"""One Chromium for all tests of pages, and every page written once."""

import pytest

import browser
from shown_pages import PAGES


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """A running browser; the test is skipped where there is none."""
    if browser.program() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with browser.Browser.started(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """Name of a page -> its file, made when it is first asked for."""
    folder, made = tmp_path_factory.mktemp("pages"), {}

    def of(name):
        if name not in made:
            made[name] = PAGES[name](folder)
        return made[name]

    return of
