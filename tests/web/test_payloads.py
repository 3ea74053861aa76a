"""Hostile names stay names: in a real browser none of them runs, loads, opens or hides anything."""

import pytest

from browser import DESKTOP
from churnlab.explain.page import LONGEST
from churnlab.explain.reasons import plain
from payloads import PAYLOADS
from shown_pages import data_report_of, review_of

TOGETHER = 10  # on one page of a report that has lists of names


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    """One tab that goes from page to page: opening it is most of the time."""
    path = tmp_path_factory.mktemp("hostile") / "page.html"
    path.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
    with chromium.page(path, width=DESKTOP) as opened:
        yield opened, path


def shown(page, text):
    opened, path = page
    path.write_text(text, encoding="utf-8", newline="")
    opened.load()
    assert opened.troubles() == []
    return opened.text()


def test_there_are_enough_of_them():
    assert len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("number", range(len(PAYLOADS)))
def test_a_review_of_hostile_names_is_inert(page, number):
    payload = PAYLOADS[number]
    seen = " ".join(plain(payload, LONGEST).split())
    assert shown(page, review_of(payload)).count(seen) >= 15


@pytest.mark.parametrize("first", range(0, len(PAYLOADS), TOGETHER))
def test_a_data_report_of_hostile_names_is_inert(page, tmp_path_factory, first):
    hostile = PAYLOADS[first : first + TOGETHER]
    text = shown(page, data_report_of(tmp_path_factory.getbasetemp(), hostile))
    for payload in hostile:
        if payload.isprintable():
            assert text.count(" ".join(payload.split())) >= 5
    assert "What was read, and where it went" in text
