"""The model card: what the report says, in a page of Markdown that a registry or a repository can show.

Every text is escaped on its way into the page, so that nothing in it becomes a heading, a link, HTML or a
cell of its own: what has a meaning in Markdown, or makes somebody's viewer guess a link, gets a backslash.
"""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from churnlab.explain.page import LONGEST, Shown, filters
from churnlab.explain.reasons import plain
from churnlab.explain.report import ReportContent, given
from churnlab.explain.translated import translated

# Letters that mean something wherever they stand.
_ALWAYS = re.compile(r"([\\`*_{}\[\]#|~$^!])")
# Marks that make an address of a word: dots and colons that no digits surround, two slashes.
_ADDRESS = re.compile(r"(?<!\d)\.(?=\S)|\.(?=[^\s\d])|(?<!\d):(?=\S)|:(?=[^\s\d])|/(?=/)|(?<=/)/")
# At the beginning of a line: lists, numbered ones too, and lines under a heading.
_FIRST = re.compile(r"^(?:[-+=](?!\d)|(\d+)([.)])(?=\s|$))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def render(report: ReportContent) -> str:
    """The whole card as text; the same content, the same bytes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("churnlab.explain"),
        autoescape=True,  # what our own macros return is left as it is; any other text goes through _inert
        undefined=StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= filters(Shown(report.locale, report.currency))
    report = translated(report)
    page = environment.get_template("model_card.md.j2").render(report=report, **given(report))
    return re.sub(r"\n{3,}", "\n\n", page)


def escaped(text: str) -> str:
    r"""``text`` as a line of Markdown that shows it and nothing else.

    >>> print(escaped("see [this](http://evil.example) <b> of 1.5 %"))
    see \[this\](http\:\/\/evil\.example) &lt;b&gt; of 1.5 %
    >>> print(escaped("1. a|b_c"), escaped("- x"), escaped("a@b.c").encode("ascii", "replace").decode())
    1\. a\|b\_c \- x a?@b\.c
    """
    line = _ALWAYS.sub(r"\\\1", plain(text, LONGEST))
    line = _ADDRESS.sub(lambda found: "\\" + found[0], line)
    line = _FIRST.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[0]}", line)
    line = re.sub("[&<>]", lambda found: _ENTITIES[found[0]], line)
    # No backslash keeps every viewer from making an address of a@b.c; a letter without width does.
    return line.replace("@", "\u2060@")


def _inert(value: Any) -> Any:
    return Markup(escaped(value)) if type(value) is str else value  # noqa: S704
