"""The watch itself: what a page may not do is seen, or all other tests of pages would say nothing."""

import pytest

from browser import axe
from payloads import RUN

WRONGS = {
    "dialog": "<script>alert('look at me')</script>",
    "a payload ran": f"<img src=x onerror='{RUN}'>",
    "console: log": "<script>console.log('psst')</script>",
    "exception": "<script>nowhere.to.be.found</script>",
    "request: http://localhost:9": "<img src='http://localhost:9/pixel.gif'>",
    "log: ": "<img src='missing.png'>",
    "Content Security Policy": "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">"
    "<p onclick=x><script>1</script>",
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_a_wrong_is_seen(chromium, tmp_path, wrong):
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><title>x</title>{WRONGS[wrong]}", encoding="utf-8")
    with chromium.page(path) as page:
        assert any(wrong in trouble for trouble in page.troubles())


def test_a_plain_page_has_no_troubles_and_one_that_is_too_wide_is_measured(chromium, tmp_path):
    path = tmp_path / "page.html"
    head = "<!doctype html><title>x</title><meta name=viewport content='width=device-width'>"
    path.write_text(head + "<div style='width:700px'>wide</div>", encoding="utf-8")
    with chromium.page(path, width=390) as page:
        assert page.troubles() == []
        assert page.too_wide() > 300


@pytest.mark.skipif(not axe().is_file(), reason="axe is not installed: make axe")
def test_what_a_blind_reader_misses_is_found(chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><title>x</title><img src='data:,'><button></button>", encoding="utf-8")
    with chromium.page(path) as page:
        found = {name: impact for name, impact, _ in page.violations()}
    assert found["image-alt"] == found["button-name"] == "critical"
    assert found["html-has-lang"] == "serious"
