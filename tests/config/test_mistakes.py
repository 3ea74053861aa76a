"""Mistakes in a configuration: where, what is allowed, how to mend it, what was got; in our own words."""

import pytest

import shops
from churnlab import config
from churnlab.errors import ConfigError

SHOP = shops.CONFIG + "churn: {horizon_days: 60}\n"

TOLD = {
    "below": ("backtest.origins=0", "must be a whole number from 1 to 60; leave it out for 6 (got 0)"),
    "above": ("churn.horizon_days=2000", "must be a whole number from 1 to 1825 (got 2000)"),
    "open end": ("lists.valid_days=0", "must be a whole number of 1 or more; leave it out for 30 (got 0)"),
    "open range": ("churn.decline=1", "must be a number above 0 and below 1; leave it out for 0.5 (got 1)"),
    "not whole": ("churn.horizon_days=1.5", "must be a whole number from 1 to 1825 (got 1.5)"),
    "not a number": ("churn.horizon_days=long", "must be a whole number from 1 to 1825 (got 'long')"),
    "not true": ("churn.gap_purchase_counts=3", "must be true or false; leave it out for false (got 3)"),
    "nothing": ("churn.gap_days=null", "must be a whole number from 0 to 365; leave it out for 0 (got null)"),
    "may be null": (
        "evaluation.test_as_of=soon",
        "must be a date such as 2025-01-31; or leave it out (got 'soon')",
    ),
    "a date or a word": (
        "sources.transactions.0.complete_until=2025-13-01",
        "must be a date such as 2025-01-31 or observed; leave it out for 'observed' (got '2025-13-01')",
    ),
    "choice": ("models.calibration=sigmod", "isotonic; did you mean 'sigmoid'? (got 'sigmod')"),
    "far off": ("locale=de", "must be one of en, fr; leave it out for 'en' (got 'de')"),
    "in a list": ("features.families=[recencie]", "profile; did you mean 'recency'? (got 'recencie')"),
    "no list": ("churn.also_days=30", "a list in brackets, each of them a whole number; write [30] (got 30)"),
    "too few": ("strategy.risk_bands=[1]", "must be a list of 2 in brackets, each of them a number"),
    "no section": (
        "lists=3",
        "must be a section with keys of its own (folder, formula_policy, newline, ...)",
    ),
    "pattern": (
        "engine.memory=much",
        "must be a size such as 500MB or 2GB; leave it out for '2GB' (got 'much')",
    ),
    "share or rows": (
        "sources.transactions.0.max_quarantined=-1",
        "must be a number of 0 or more; or leave it",
    ),
    "extra": ("backtest.originz=3", "unknown key; did you mean 'origins'? (got 3)"),
    "extra, far off": ("snapshots.zzz=3", "unknown key; known here: every, first, last, min_history_days"),
}
PLACES = {"in a list": "features.families.0", "pattern": "engine.memory"}


def refused(tmp_path, *overrides, text=SHOP):
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path / "shop.yaml", overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("case", TOLD)
def test_each_kind_of_mistake_in_one_line(tmp_path, case):
    override, words = TOLD[case]
    place = PLACES.get(case, override.partition("=")[0])
    (line,) = refused(tmp_path, override)
    assert line.startswith(f"{tmp_path / 'shop.yaml'}: {place}: ")
    assert words in line
    assert not any(word in line for word in ("Input", "a valid", "instance", "parse"))


def test_what_is_missing_says_what_belongs_there(tmp_path):
    (line,) = refused(tmp_path, text=shops.CONFIG + "churn: {gap_days: 3}\n")
    assert line.endswith("churn.horizon_days: this key is required: a whole number from 1 to 1825")


def test_what_may_be_a_secret_is_not_repeated(tmp_path):
    database = SHOP.replace("frame: orders", "postgres: {dsn: 3, tablet: canary}")
    told = "\n".join(refused(tmp_path, text=database))
    assert "postgres.dsn: must be text" in told
    assert "postgres.tablet: unknown key; did you mean 'table'?" in told
    assert "canary" not in told
    assert "got 3" not in told


def test_no_key_has_a_range_without_words(tmp_path):
    """Whatever the schema allows is told without the schema's own language."""
    from churnlab.config import mistakes
    from churnlab.config.project import Project

    schema = Project.model_json_schema()
    for name, section in schema["$defs"].items():
        for key, node in section["properties"].items():
            told = mistakes._allowed(node, schema)
            assert told, (name, key)
            assert "a value" not in told, (name, key)
            assert "^" not in told, (name, key)
            assert "pattern" not in node or node["pattern"] in mistakes._PATTERNS, (name, key)
