"""The colours of pages: every text stands out from what is behind it, in the light and in the dark."""

import re
from importlib.resources import files

import pytest

from churnlab.explain import canvas

TEMPLATES = files("churnlab.explain").joinpath("templates")
TEXT = 4.5  # the least contrast of text, WCAG 2.2 success criterion 1.4.3
SHAPE = 3.0  # and of what one has to see to understand a picture, 1.4.11
STRATEGIES = ("blue", "vermilion", "green", "purple")  # also as names in the corners of the map
TEXTS = [
    *((name, "page") for name in ("ink", "quiet", "accent", "warn", *STRATEGIES)),
    *((name, "tint") for name in ("ink", "quiet", "accent")),
]
SHAPES = [("grey", "page"), *((name, "page") for name in STRATEGIES), ("accent", "tint"), ("warn", "tint")]


def read(name):
    return TEMPLATES.joinpath(name).read_text(encoding="utf-8")


def schemes():
    """Scheme -> name -> colour as six digits."""
    light, dark = re.findall(r":root[^{]*\{([^}]*)\}", read("colours.css"))
    pairs = {"light": light, "dark": dark}
    found = {name: dict(re.findall(r"--([a-z_]+): #([0-9a-f]+);", text)) for name, text in pairs.items()}
    return {
        scheme: {name: "".join(2 * digit for digit in hexed) if len(hexed) == 3 else hexed
                 for name, hexed in colours.items()}
        for scheme, colours in found.items()
    }  # fmt: skip


def contrast(one, other):
    """WCAG 2.2: (lighter + .05) / (darker + .05), of relative luminances."""

    def luminance(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_by_hand():
    assert contrast("000000", "ffffff") == pytest.approx(21)
    # 0x77 / 255 = .4667 -> ((.4667 + .055) / 1.055) ** 2.4 = .1845; 1.05 / .2345 = 4.478: just too little.
    assert contrast("777777", "ffffff") == pytest.approx(4.478, abs=0.001)


def test_both_schemes_have_the_same_colours():
    light, dark = schemes().values()
    assert set(light) == set(dark)
    assert light["page"] == "ffffff"  # pictures are drawn on it, and paper is


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("least", "pairs"), [(TEXT, TEXTS), (SHAPE, SHAPES)], ids=["text", "shapes"])
def test_contrast(scheme, least, pairs):
    colours = schemes()[scheme]
    weak = {pair: contrast(*(colours[name] for name in pair)) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < least} == {}


def test_pages_use_no_other_colour():
    known = set(schemes()["light"]) | {"retain", "win_back", "rationalise", "release"}
    for name in ("report.css", "look.css", "report.html.j2", "customer.html.j2", "look.html.j2"):
        text = read(name)
        assert not re.search(r":[^;{}]*#[0-9a-fA-F]{3,8}\b[^{}]*;", text), name
        assert set(re.findall(r"var\(--([a-z_]+)\)", text)) <= known, name
    assert set(canvas.NAMED.values()) <= known


def test_paper_is_light_whatever_the_reader_prefers():
    colours = read("colours.css")
    assert colours.index("color-scheme: light") < colours.index(
        "@media screen and (prefers-color-scheme: dark)"
    )
    assert colours.count("@media") == 1
