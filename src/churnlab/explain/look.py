"""The interactive look: one page, with its script inside, on which customers are filtered, sorted and read.

It is for those who may see single customers. It loads nothing and sends nothing: its policy allows the
one script and the one style sheet whose digests it names, and every text reaches the page as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from churnlab.explain.page import Shown, environment
from churnlab.explain.reasons import plain
from churnlab.explain.wording import Locale, words
from churnlab.tables.money import exponent

MOST = 50_000  # customers; more make a page that is slow to open
LONGEST = 300  # letters of a text: of ids, which have 256 at most, all

RISK = 6  # decimals
# Name on the page -> column of a list, and the decimals it is worth there; None: those of the currency.
FIGURES: dict[str, tuple[str, int | None]] = {
    "risk": ("churn_risk", RISK),
    "value": ("value_if_retained", None),
    "low": ("value_p10", None),
    "high": ("value_p90", None),
    "stake": ("value_at_stake", None),
    "loss": ("expected_loss", None),
    "intensity": ("intensity", 1),
}
CODED = {"strategy": "quadrant", "band": "risk_band", "segment": "segment"}
PLACES = ("quadrant_raw", "quadrant_since")  # told of those whom the list before keeps where they are
REASONS = ("reason_1_text", "reason_2_text", "reason_3_text")
_SAID = """strategy segment expected_loss value_if_retained value_at_stake value_axis intensity_axis look_any
look_name look_customer look_intensity look_band look_risk look_risk_within look_range look_shown look_rows
look_nobody look_map_alt look_unplaced look_stays look_since
card_reasons card_no_reasons retain win_back rationalise release"""


@dataclass(frozen=True)
class LookContent:
    """What the page shows.

    ``rows``: an Arrow table with columns of a list, those first whom to think of first; at most ``MOST``.
    ``also_days``: the shorter horizons it has risks of. ``cut``: where high begins, value and intensity;
    None: nobody is placed. ``give``: how far beyond it a side is kept, share of the value cut and points.
    ``hidden``: customers of the lists who are not among the rows.
    ``with_ids``: the real ids are shown; otherwise they do not reach the page at all.
    """

    project: str
    model_version: str
    as_of: str
    currency: str
    rows: Any
    cut: tuple[float | None, float | None] = (None, None)
    also_days: Sequence[int] = ()
    hidden: int = 0
    give: tuple[float, float] = (0.0, 0.0)
    locale: Locale = "en"
    with_ids: bool = False


def columns_needed(*, with_ids: bool) -> list[str]:
    """The columns of a list that the page needs, beside risks of shorter horizons."""
    figures = [column for column, _ in FIGURES.values()]
    return [*(["customer_id"] if with_ids else []), *figures, *CODED.values(), *PLACES, *REASONS]


def render(look: LookContent) -> str:
    """The whole page as text; the same content, the same bytes."""
    shown = Shown(look.locale, look.currency)
    content = _content(look)
    style, script = _own("colours.css") + _own("look.css"), _own("look_map.js") + _own("look.js")
    return (
        environment(shown)
        .get_template("look.html.j2")
        .render(
            look=look,
            order=words(look.locale)["expected_loss" if _known(look.rows, "expected_loss") else "look_risk"],
            counts={
                "shown": shown.count(len(look.rows)),
                "hidden": shown.count(look.hidden),
            },
            has_segment=_known(look.rows, "segment"),
            has_map=None not in look.cut
            and _known(look.rows, "value_if_retained")
            and _known(look.rows, "intensity"),
            style=Markup(style),  # noqa: S704 - our own file, as the script below
            script=Markup(script),  # noqa: S704
            policy=Markup(_policy(script, style)),  # noqa: S704 - two digests
            stays=_stays(look) if content["held"] else "",
            content=Markup(embedded(content)),  # noqa: S704 - holds no letter that could end its block
        )
    )


def embedded(value: Any) -> str:
    r"""JSON that no text in it can break out of, whatever block of a page it stands in.

    >>> print(embedded("</script>"))
    "\u003c/script\u003e"
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":  # inside JSON they occur in texts only, where the long way to write them is the same
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _own(name: str) -> str:
    return files("churnlab.explain").joinpath("templates", name).read_text(encoding="utf-8")


def _policy(script: str, style: str) -> str:
    allowed = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style))
    return (
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; "
        "base-uri 'none'; form-action 'none'"
    ).format(*allowed)


def _known(rows: Any, column: str) -> bool:
    return bool(rows[column].null_count < len(rows))


def _content(look: LookContent) -> dict[str, Any]:
    """What the script reads: each column once, each text once."""
    say, rows, money = words(look.locale), look.rows, exponent(look.currency)
    columns: dict[str, Any] = {
        name: _numbers(rows[column], money if decimals is None else decimals)
        for name, (column, decimals) in FIGURES.items()
    }
    texts: dict[str, list[str]] = {}
    for name, column in CODED.items():
        columns[name], texts[name] = _coded([rows[column]])
    texts["strategy"], codes = [say[code] for code in texts["strategy"]], texts["strategy"]
    texts["band"] = [say[f"band_{code}"] for code in texts["band"]]
    columns["reasons"], texts["reason"] = _coded([rows[column] for column in REASONS])
    return {
        "locale": look.locale,
        "currency": look.currency,
        "decimals": money,
        "customers": len(rows),
        "cut": list(look.cut),
        "say": {key: say[key] for key in _SAID.split()},
        "codes": codes,
        "texts": texts,
        "columns": columns,
        "held": _held(rows, say),
        "sooner": {str(days): _numbers(rows[f"churn_risk_{days}d"], RISK) for days in look.also_days},
        "names": [plain(each, LONGEST) for each in rows["customer_id"].to_pylist()]
        if look.with_ids
        else None,
    }


def _stays(look: LookContent) -> str:
    shown, (value, points) = Shown(look.locale, look.currency), look.give
    return words(look.locale)["look_stays_said"].format(
        value=shown.percent(value, 0), points=shown.decimal(points, 0 if points == int(points) else 1)
    )


def _held(rows: Any, say: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Place of a row -> what its scores alone would say, and since when it is what the list says instead."""
    import pyarrow.compute as pc

    apart = pc.fill_null(pc.not_equal(rows["quadrant"], rows["quadrant_raw"]), False)
    places = np.flatnonzero(apart.to_numpy())
    told = rows.select(PLACES).take(places).to_pylist()
    return {
        str(place): (say[one["quadrant_raw"]], str(one["quadrant_since"]))
        for place, one in zip(places.tolist(), told, strict=True)
    }


def _numbers(column: Any, decimals: int) -> list[float | None] | None:
    """Rounded, None where there is none; None for a column of nothing."""
    if column.null_count == len(column):
        return None
    values = np.round(column.to_numpy().astype(np.float64), decimals) + 0.0
    return [
        None if missing else value for value, missing in zip(values.tolist(), np.isnan(values), strict=True)
    ]


def _coded(columns: Sequence[Any]) -> tuple[list[int], list[str]]:
    """The columns one after the other as places in a list of texts, -1 where there is none; that list."""
    import pyarrow as pa

    chunks = [chunk for column in columns for chunk in column.chunks]
    whole = pa.chunked_array(chunks, pa.string()).combine_chunks().dictionary_encode()
    texts = [plain(text, LONGEST) for text in whole.dictionary.to_pylist()]
    return whole.indices.fill_null(-1).to_pylist(), texts
