"""Pictures of a backtest: an axis that does not begin at zero says so."""

import pytest
from matplotlib.figure import Figure

from churnlab.explain import origins


@pytest.mark.parametrize(
    ("heights", "zero", "cut"),
    [
        ((0.85, 0.9), False, True),
        ((0.0, 0.9), False, False),
        ((-4.0, 7.0), False, False),
        ((3, 9), True, False),
    ],
)
@pytest.mark.parametrize(("locale", "said"), [("en", "does not begin at 0"), ("fr", "ne commence pas à 0")])
def test_an_axis_that_is_cut_says_so(monkeypatch, heights, zero, cut, locale, said):
    painted = []
    monkeypatch.setattr(origins, "draw", lambda name, alt, size, paint, locale: painted.append(paint))
    origins.by_origin("o", ["2025-01", "2025-02"], {"boosted": heights}, "origin_auroc", locale, zero=zero)
    axes = Figure().add_subplot()
    painted[0](axes)
    assert (said in axes.get_ylabel()) == cut
    assert axes.get_ylabel().startswith("AUROC")
    assert (axes.get_ylim()[0] > 0) == cut
