"""Pictures as SVG text: the same input, the same bytes; nothing in them but shapes.

Letters become outlines, so that a picture looks the same everywhere and no name in it can be markup.
Its colours are those of white paper; ``themed`` hands them over to the page it stands in.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from churnlab.explain.reasons import plain

Locale = Literal["en", "fr"]

# Okabe & Ito's colours (2008): told apart by colour-blind readers too, and dark enough on white.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#00795A", "#9A4E7E"
INK, GREY, PALE = "#1A1A1A", "#5F5F5F", "#D9D9D9"
BLUISH, REDDISH = "#6CA6C5", "#D79C6C"  # half way from BLUE and VERMILION to PALE
# Colour of a picture -> its name among the colours of a page (templates/colours.css).
NAMED = {
    "#ffffff": "page", INK.lower(): "ink", GREY.lower(): "grey", PALE.lower(): "pale",
    BLUE.lower(): "blue", VERMILION.lower(): "vermilion", GREEN.lower(): "green", PURPLE.lower(): "purple",
    BLUISH.lower(): "bluish", REDDISH.lower(): "reddish",
}  # fmt: skip

STYLE = {
    "svg.fonttype": "path",
    "svg.hashsalt": "churnlab",
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same letters on every machine
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True)
class Picture:
    """``svg``: to stand inside a page, and the only text exempt from escaping. ``alt``: what it shows."""

    name: str
    alt: str
    svg: Markup

    def file(self) -> str:
        """The same as an SVG file of its own."""
        return str(self.svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def draw(
    name: str, alt: str, size: tuple[float, float], paint: Callable[[Any], None], locale: Locale = "en"
) -> Picture:
    """A picture of ``size`` inches that ``paint(axes)`` fills. ``name``: letters and dashes.

    ``locale``: how the figures of its axes are written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    out = io.StringIO()
    # Not pyplot: it keeps figures and settings for the whole process.
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # A letter that the font does not have is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # Dates of an odd span get ticks all the same.
        warnings.filterwarnings("ignore", message="AutoDateLocator was unable to pick")
        figure = Figure(figsize=size)
        axes = figure.add_subplot()
        paint(axes)
        if locale == "fr":
            _with_commas(axes)
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    return Picture(name, alt, _inline(out.getvalue(), name, alt))


def _with_commas(axes: Any) -> None:
    """Decimals as the French write them, on every axis whose figures are plain ones."""
    from matplotlib.ticker import ScalarFormatter

    class WithCommas(ScalarFormatter):
        def __call__(self, value: float, pos: int | None = None) -> str:
            return str(super().__call__(value, pos)).replace(".", ",")

    for axis in (axes.xaxis, axes.yaxis):
        if type(axis.get_major_formatter()) is ScalarFormatter:
            axis.set_major_formatter(WithCommas())


def _inline(text: str, name: str, alt: str) -> Markup:
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)  # the text of each label, again
    body = re.sub(r' xmlns(:xlink)?="[^"]*"', "", body).replace("xlink:href", "href")
    # Several pictures share one page: each has its own names for its parts.
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", body)
    # A hundredth of a point is enough for a place, not for the scale of a letter.
    body = re.sub(r"(?<!scale\(0)(\.\d\d)\d+", r"\1", body)
    body = re.sub(
        r'\bd="[^"]*"',
        lambda path: re.sub(r"\s*([A-Za-z])\s*", r"\1", path.group()[3:-1]).join(('d="', '"')),
        body,
    )
    body = re.sub(r"\s*\n\s*", "\n", body).strip()
    opening = re.match(r"<svg[^>]*>", body)
    box = re.search(r'viewBox="[^"]*"', opening.group(0)) if opening else None
    if opening is None or box is None:
        raise RuntimeError("matplotlib wrote an SVG without a viewBox")
    label = Markup.escape(plain(alt, 1_000))
    return Markup(  # noqa: S704 (outlines made by matplotlib, and an escaped label)
        f'<svg {box.group(0)} role="img" aria-label="{label}">{body[opening.end() :]}'
    )


def themed(svg: Markup) -> Markup:
    """The same in the colours of the page it stands in, which follow the reader's choice of light or dark.

    >>> themed(Markup('<path style="fill: #0072b2; stroke: #123456"/>'))
    Markup('<path style="fill: var(--blue); stroke: #123456"/>')
    """

    def recoloured(attribute: re.Match[str]) -> str:
        return re.sub("#[0-9a-f]{6}", lambda one: _variable(one[0]), attribute[0])

    # No label can hold such an attribute: its quotes are escaped.
    return Markup(re.sub('\\b(?:style|fill|stroke)="[^"]*"', recoloured, svg))  # noqa: S704 - colours alone


def _variable(colour: str) -> str:
    return f"var(--{NAMED[colour]})" if colour in NAMED else colour


def shortened(text: str, longest: int = 44) -> str:
    """A label: one line, cut where it gets too long."""
    return plain(text, longest)
