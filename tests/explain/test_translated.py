"""Texts of training in the reader's language: every message that reaches a report has its French template."""

import importlib
import json
import re
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest

from churnlab.config import Gate
from churnlab.config.project import StrategyPlan
from churnlab.evaluation import gate
from churnlab.evaluation.bounds import Check, Scores, Window
from churnlab.evaluation.gate import Rival
from churnlab.evaluation.leaks import Leak
from churnlab.evaluation.sooner import Sooner
from churnlab.explain import translated
from churnlab.explain.report import ReportContent
from churnlab.explain.translated import sentence
from churnlab.panel.sample import Sample
from churnlab.strategy.thresholds import learn_thresholds
from churnlab.tuning.dials import DIALS
from french import ENGLISH

SOURCE = files("churnlab.explain").joinpath("templates", "sentences.fr.json")
_note = importlib.import_module("churnlab.tuning.tune")._note  # a function has the name of its module
TEMPLATES = json.loads(SOURCE.read_text(encoding="utf-8"))


def window(rows=400):
    chance = np.random.default_rng(3)
    risk = chance.random(rows)
    churned = (chance.random(rows) < risk).astype(float)
    value = np.where(churned == 1, 0.0, chance.exponential(80, rows))
    who = np.array([f"c{row}" for row in range(rows)], dtype=object)
    club = np.array(["gold", None] * (rows // 2), dtype=object)
    return Window(churned, value, who, {"club": club}, 0), risk


def verdicts():
    """Verdicts in which every check is made, and every sentence of the gate said."""
    seen, risk = window()
    noisy = np.clip(risk + np.random.default_rng(4).normal(0, 0.3, len(risk)), 0, 1)
    easy, hard = Gate(bootstrap=100), Gate(bootstrap=100, max_ece=1e-6, max_ece_worse=1e-6, hold=True)
    worth, leak = 90 * (1 - risk), Leak("status", "auroc", 0.999)
    mine, other = Scores(risk, worth), Scores(noisy, 80 * (1 - noisy))
    for bounds in (easy, hard):
        for base in (noisy, risk, 1 - risk):
            yield gate.judge(seen, mine, Rival("3", other), {"recency": base}, [leak], ["status"], bounds)
    yield gate.judge(seen, Scores(risk), Rival("3", other), {}, [], [], easy)
    yield gate.judge(seen, mine, Rival("3", why="it cannot be trusted (changed)"), {}, [leak], [], easy)
    yield gate.judge(window(20)[0], Scores(risk[:20]), None, {}, [], [], easy)


def thresholds():
    scores = np.arange(1.0, 101.0)
    fixed = {"mode": "fixed", "at": 50}
    for value, near, plan in (
        (scores, scores, StrategyPlan()),
        (-scores, None, StrategyPlan()),
        (scores, scores, StrategyPlan(value=fixed, intensity={"mode": "quantile", "at": 0.5})),
    ):
        found = learn_thresholds(value, near, plan)
        yield from (found.value_learned, found.intensity_learned)


def tuning():
    trials = [
        SimpleNamespace(number=n, loss=0.3 - n / 100, given_up=n == 2, dials={}, trees=9) for n in range(3)
    ]
    booster = SimpleNamespace(trees=9, **dict.fromkeys(DIALS, 0.5))
    for best, chosen in ((trials[0], None), (trials[1], None), (trials[1], booster)):
        yield _note(trials, 4, best, 0.0123, 0.004, chosen)


def messages():
    yield from (
        text for verdict in verdicts() for each in verdict.checks for text in (each.said, each.asked) if text
    )
    yield from thresholds()
    yield from tuning()
    yield Sample(240, 1_200, 20, 100).note
    nan = float("nan")
    yield Sooner(30, 900, 0.1, 0.12, 0.3, nan, 0.31, 0.02, 0.8).note
    yield Sooner(30, 900, 0.1, 0.12, 0.3, 0.33, 0.31, 0.02, 0.8).note
    yield Sooner(30, 0, nan, nan, nan, nan, nan, nan, nan).note


@pytest.mark.parametrize("text", sorted(set(messages())))
def test_what_training_says_is_said_in_french(text):
    told = sentence(text, "fr")
    assert not ENGLISH.search(told), told
    assert sentence(text, "en") == text
    # Every figure is still there, written as the French write it.
    digits = re.sub(r"[^\d]", "", text.replace("10 %", ""))
    assert re.sub(r"[^\d]", "", re.sub(r"10\s%", "", told)) == digits


@pytest.mark.parametrize("english", TEMPLATES)
def test_both_languages_have_the_same_places(english):
    places = re.compile(r"\{\w+\}")
    assert sorted(places.findall(english)) == sorted(places.findall(TEMPLATES[english]))
    assert len(set(places.findall(english))) == len(places.findall(english))


def test_by_hand():
    assert sentence("0.485, champion 0.480: +0.005 [-0.011, +0.035]", "fr") == (
        "0,485, modèle en service 0,480\u00a0: +0,005 [-0,011\u00a0; +0,035]"
    )
    assert sentence("the best customers with 80% of the value of 2430", "fr") == (
        "les meilleurs clients, qui font 80\u00a0% de la valeur de 2430"
    )
    assert sentence("0.012", "fr") == "0,012"
    assert sentence("ranks better: average precision 0.485, pace 0.472: +0.013; lift 10 % 5.3", "fr") == (
        "classe mieux\u00a0: précision moyenne 0,485, pace 0,472\u00a0: +0,013\u00a0; lift à 10\u00a0% 5,3"
    )
    assert sentence("6 dates, 2017-04-01 to 2017-09-01", "fr") == "6 dates, de 2017-04-01 à 2017-09-01"
    assert sentence("0.030 at most; our own remark", "fr") == "0,030 au plus\u00a0; our own remark"
    assert sentence("version 3.11.2 of us; nothing known", "fr") == "version 3.11.2 of us; nothing known"


def test_names_are_found_in_both_languages():
    assert translated.check("baseline pace", "en") == "ranks as well as pace, the best baseline"
    assert translated.check("slice club: (none)", "fr") == "groupe club: (aucun), face au modèle en service"
    assert translated.check("of our own", "fr") == "of our own"
    assert translated.family("tenure", "fr") == "ancienneté"
    assert translated.family("loyalty", "fr") == "loyalty"
    assert {each.name.partition(" ")[0] for verdict in verdicts() for each in verdict.checks} <= {
        key.removeprefix("check_") for key in translated.words("en") if key.startswith("check_")
    }


def test_a_driver_in_one_language_only_shows_that_one():
    row = {"name": "points", "family": "own", "dimension": "economic", "share": 0.5}
    drivers = [{**row, "meaning": "Points", "meaning_fr": "Points du client"}, {**row, "meaning": "Visits"}]
    report = ReportContent("p", "1", "-", "EUR", {}, locale="fr", drivers=drivers)
    assert [each["meaning"] for each in translated.translated(report).drivers] == [
        "Points du client",
        "Visits",
    ]


def test_no_check_is_forgotten():
    assert (
        Check("ece", passed=True, said="0.010", asked="0.030 at most").told == "0.010 (asked: 0.030 at most)"
    )
    assert Check("hold", passed=False, said="held").told == "held"
