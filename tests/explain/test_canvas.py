"""Pictures: the same bytes every time, well-formed, and nothing in them that acts."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from churnlab.explain import canvas
from churnlab.explain.attributions import Share
from churnlab.explain.canvas import draw, shortened, themed
from churnlab.explain.pictures import drivers

NAMES = [
    "plain",
    "--><script>alert(1)</script>",
    "$\\frac{",
    "日本語 😀",
    "a\nb\u202ec",
    "x" * 200,
    "http://evil.example",
]


def bars(names=NAMES, name="drivers"):
    shares = [Share(one, 1 / (place + 2), 1.0) for place, one in enumerate(names)]
    return drivers(shares, name, "Title & <b>", "en")


def test_the_same_input_gives_the_same_bytes_in_any_process():
    script = (
        "from churnlab.explain.attributions import Share\n"
        "from churnlab.explain.pictures import drivers\n"
        "print(drivers([Share('a', .6, 1), Share('b', .4, 1)], 'd', 'T').file(), end='')"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C.UTF-8"},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    here = drivers([Share("a", 0.6, 1), Share("b", 0.4, 1)], "d", "T").file()
    assert texts == {here}


def test_names_are_only_shapes():
    picture = bars()
    root = ET.fromstring(picture.file())
    tags = {element.tag.split("}")[-1] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "use", "defs", "style", "clipPath", "rect"}
    assert not [text for text in root.itertext() if text.strip() and "stroke-linejoin" not in text]
    inside = picture.svg[picture.svg.index(">") :]
    assert "script" not in inside
    assert "http" not in inside
    assert "<!--" not in picture.svg


def test_what_it_shows_is_said_in_words_and_escaped():
    root = ET.fromstring(bars(["<b>", "second"]).file())
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Title & <b>. <b> 50%, second 33%."
    assert bars(["<b>", "second"]).alt == root.get("aria-label")


def test_parts_of_two_pictures_have_different_names_and_all_links_lead_somewhere():
    seen = set()
    for picture in (bars(name="one"), bars(name="two")):
        root = ET.fromstring(picture.file())
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        # Matplotlib itself repeats a name here and there inside one picture, never across two.
        assert seen.isdisjoint(ids)
        seen |= set(ids)
        links = {value[1:] for element in root.iter() for key, value in element.items() if key == "href"}
        assert links
        assert links <= set(ids)


def test_the_size_follows_the_page_and_letters_keep_their_scale():
    picture = draw("empty", "Nothing", (2, 1), lambda axes: axes.set_title("M"))
    opening = picture.svg[: picture.svg.index(">")]
    assert 'viewBox="0 0 144 72"' in opening
    assert " width=" not in opening
    assert "scale(0.015625)" in picture.svg  # a hundredth less and the letters stand apart


def test_drawing_leaves_the_settings_of_the_process_alone():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    bars()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("text", "expected"), [("short", "short"), ("x" * 50, "x" * 43 + "…"), ("a\tb", "a b")]
)
def test_labels_are_one_short_line(text, expected):
    assert shortened(text) == expected


def all_colours(axes):
    for place, colour in enumerate(
        (canvas.INK, canvas.GREY, canvas.PALE, canvas.BLUE, canvas.VERMILION, canvas.GREEN, canvas.PURPLE,
         canvas.BLUISH, canvas.REDDISH)
    ):  # fmt: skip
        axes.bar(place, 1, color=colour, edgecolor="white")
    axes.bar(9, 1, facecolor="white", edgecolor=canvas.BLUE, hatch="////")


def test_on_a_page_every_colour_is_one_of_the_page():
    picture = draw("all", "fill: #ffffff", (3, 3), all_colours)
    shown = themed(picture.svg)
    assert not re.findall(r'"[^"]*#[0-9a-f]{6}[^"]*"', shown.replace('aria-label="fill: #ffffff"', ""))
    assert set(re.findall(r"var\(--([a-z]+)\)", shown)) == set(canvas.NAMED.values())
    assert 'aria-label="fill: #ffffff"' in shown  # what somebody called it stays as it is
    assert themed(shown) == shown
    assert "var(" not in picture.file()  # a file of its own has no page around it
