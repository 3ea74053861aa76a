"""A report in the reader's language: what training said in English becomes sentences and words of the page.

Notes and checks are made where they are found out, in English, as they stand in logs and terminals. A page in
another language finds each again by its English template (``templates/sentences.fr.json``, the same places in
both), as message catalogues do. What has no template, such as a text of the project's own, stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from churnlab.explain.wording import Locale, words
from churnlab.features.words import NARROW, NO_BREAK

if TYPE_CHECKING:
    from churnlab.explain.report import ReportContent

_PLACE = re.compile(r"\{(\w+)\}")
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w,])")
_FIGURE = re.compile(r"[-+]?\d+\.\d+")
_PAIR = re.compile(r"(?<=\d), (?=[-+]?\d)")  # the comma between the ends of an interval
_DECIMAL = re.compile(r"(?<![\w.])([-+]?\d+)\.(\d+)(?![\w.])")


def sentence(text: str, locale: Locale) -> str:
    """``text`` in the language, where it is known; several, apart by semicolons, one by one.

    >>> sentence("221 rows churned, 2,231 stayed", "fr").replace(chr(0x202F), "_")
    '221 lignes parties, 2_231 restées'
    >>> sentence("a note of our own", "fr")
    'a note of our own'
    """
    if locale == "en":
        return text
    if _FIGURE.fullmatch(text):
        return _figures(text)
    whole = _matched(text)
    if whole is not None:
        return whole
    parts, found, start = text.split("; "), list[str](), 0
    while start < len(parts):
        ends = range(len(parts), start, -1)
        some = ((end, _matched("; ".join(parts[start:end]))) for end in ends)
        end, told = next(((end, one) for end, one in some if one is not None), (start + 1, parts[start]))
        found.append(told)
        start = end
    return text if found == parts else f"{NO_BREAK}; ".join(found)


def translated(report: ReportContent) -> ReportContent:
    """``report`` with every text of ours in its language, whatever it was measured in."""
    say, locale = words(report.locale), report.locale
    return replace(
        report,
        notes=[sentence(note, locale) for note in report.notes],
        label=sentence(report.label, locale),
        thresholds={
            name: sentence(each, locale) if isinstance(each, str) else each
            for name, each in report.thresholds.items()
        },
        value_rule={
            name: say.get(f"basis_{each}", each) if name == "basis" else each
            for name, each in report.value_rule.items()
        },
        folds=[{**row, "dates": sentence(row["dates"], locale)} for row in report.folds],
        exclusions={say.get(f"excluded_{why}", why): rows for why, rows in report.exclusions.items()},
        sources=[{**row, "table": table(row["table"], locale)} for row in report.sources],
        watermarks={table(name, locale): date for name, date in report.watermarks.items()},
        drivers=[_driver(row, locale) for row in report.drivers],
        lineage={_item(name, say): text for name, text in report.lineage.items()},
    )


def table(name: str, locale: Locale) -> str:
    """What a table of events is called."""
    return words(locale).get(f"table_{name}", name)


def family(name: str, locale: Locale) -> str:
    """What a family of features is called; one of the project's own has its name."""
    return words(locale).get(f"family_{name}", name)


def group(name: str, locale: Locale) -> str:
    """What a group of a segment is called: by its value, or that none is known."""
    return name.replace("(none)", f"({words(locale)['none_known']})")


def product(name: str, locale: Locale) -> str:
    """What complaints are about: a product as the source calls it, all others, or none that was named."""
    word = {"(others)": "other_products", "(none)": "no_product"}.get(name)
    return words(locale)[word] if word else name


def check(name: str, locale: Locale) -> str:
    """What a check of the gate is called; some name a model or a segment."""
    say = words(locale)
    kind, _, rest = name.partition(" ")
    return say[f"check_{kind}"].format(name=group(rest, locale)) if f"check_{kind}" in say else name


def _driver(row: Mapping[str, Any], locale: Locale) -> dict[str, Any]:
    # What a model of an earlier version kept has the English meaning alone.
    meaning = (row.get("meaning_fr") if locale == "fr" else row["meaning"]) or row["meaning"]
    return {**row, "meaning": meaning, "family": family(row["family"], locale)}


def _item(name: str, say: Mapping[str, str]) -> str:
    kind, _, rest = name.partition(" ")
    return " ".join((say.get(f"item_{kind}", kind), rest)).strip()


def _matched(text: str) -> str | None:
    for pattern, french in _templates():
        found = pattern.fullmatch(text)
        if found is not None:
            places = {name: _inside(part) for name, part in found.groupdict().items()}
            said = french.format(**places)
            return re.sub(r" ([:;?!%])", f"{NO_BREAK}\\1", said)
    return None


def _inside(part: str) -> str:
    """What stands in a place: a sentence of ours again, or figures as the French write them."""
    told = sentence(part, "fr")
    if told != part:
        return told
    return _figures(part)


def _figures(part: str) -> str:
    """Figures as the French write them, and the marks between them."""
    part = re.sub(r"(?<=\d): ", f"{NO_BREAK}: ", part)
    part = _PAIR.sub(f"{NO_BREAK}; ", part)
    part = _THOUSANDS.sub(lambda number: number[0].replace(",", NARROW), part)
    return _DECIMAL.sub(r"\1,\2", part).replace("%", f"{NO_BREAK}%").replace(f" {NO_BREAK}", NO_BREAK)


@cache
def _templates() -> tuple[tuple[re.Pattern[str], str], ...]:
    """(the English template as a pattern, the French one), in the order of the file."""
    source = files("churnlab.explain").joinpath("templates", "sentences.fr.json")
    read: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return tuple((_pattern(english), french) for english, french in read.items())


def _pattern(template: str) -> re.Pattern[str]:
    parts = _PLACE.split(template)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    )
