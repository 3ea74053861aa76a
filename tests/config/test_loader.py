"""The configuration: read strictly, checked whole, and every mistake told with its place."""

import json
from pathlib import Path

import pytest

from churnlab import config
from churnlab.errors import ConfigError

MINIMAL = """
project: shop
time_zone: Europe/Paris
churn: {horizon_days: 60}
sources:
  transactions:
    - name: orders
      files: [orders.csv]
      times: {format: iso, zone: Europe/Paris}
      columns: {customer_id: id, time: when, amount: total}
"""


def loaded(tmp_path, text, *overrides):
    path = tmp_path / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, overrides)


def refused(tmp_path, text, *overrides):
    with pytest.raises(ConfigError, match=": ") as caught:
        loaded(tmp_path, text, *overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_minimal_project_has_documented_defaults(tmp_path):
    project = loaded(tmp_path, MINIMAL)
    assert (project.churn.horizon_days, project.churn.gap_days, project.currency) == (60, 0, "EUR")
    assert project.root == str(tmp_path.resolve())
    with pytest.raises(ValueError, match="frozen"):
        project.currency = "USD"


def test_every_mistake_is_told_at_once_with_its_path(tmp_path):
    text = MINIMAL.replace("horizon_days: 60", "horizon_dais: 60").replace("project: shop", "project: A shop")
    message = refused(tmp_path, text, "engine.threads=0")
    assert "churn.horizon_days: this key is required" in message
    assert "churn.horizon_dais: unknown key; did you mean 'horizon_days'? (got 60)" in message
    assert "engine.threads" in message
    assert "(got 0)" in message
    assert all(line.startswith(str(tmp_path / "shop.yaml")) for line in message.splitlines())
    assert len(message.splitlines()) == 4


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("country: NO", "NO means different things"),
        ("code: 012", "012 means different things"),
        ("at: 12:30:00", "12:30:00 means different things"),
        ("a: &x 1", "anchors and tags are not allowed"),
        ("a: !!python/object:os.system 1", "anchors and tags are not allowed"),
        ("a: 1\na: 2", "duplicate key 'a'"),
        ("a: [1", "line"),
        ("a: " + "[" * 25 + "]" * 25, "nesting beyond 20 levels"),
    ],
)
def test_surprising_yaml_is_refused_by_line(tmp_path, line, words):
    message = refused(tmp_path, MINIMAL + line + "\n")
    assert words in message
    assert "line 1" in message  # the tenth line or after


@pytest.mark.parametrize(
    ("override", "read"), [("churn.horizon_days=1e2", 100), ("churn.horizon_days=30", 30)]
)
def test_overrides_win_over_the_file(tmp_path, override, read):
    assert loaded(tmp_path, MINIMAL, override).churn.horizon_days == read


def test_an_override_reaches_into_lists(tmp_path):
    project = loaded(tmp_path, MINIMAL, "sources.transactions.0.name=lines")
    assert project.sources.transactions[0].name == "lines"


@pytest.mark.parametrize(
    "override", ["churn", "=3", "churn.=3", "churn.horizon_days.x=3", "sources.transactions.7.name=x"]
)
def test_a_malformed_override_is_refused(tmp_path, override):
    assert "--set" in refused(tmp_path, MINIMAL, override)


def test_environment_values_are_filled_in_but_secrets_stay_names(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_FILES", "somewhere")
    monkeypatch.setenv("SHOP_DSN", "postgresql://u:canary-secret@h/b")
    project = loaded(tmp_path, MINIMAL.replace("orders.csv", '"${env:SHOP_FILES}/o.csv"'))
    assert project.sources.transactions[0].files == ("somewhere/o.csv",)
    database = MINIMAL.replace("files: [orders.csv]", 'postgres: {dsn: "${env:SHOP_DSN}", table: orders}')
    assert "canary-secret" not in loaded(tmp_path, database).model_dump_json()
    literal = MINIMAL.replace(
        "files: [orders.csv]", 'postgres: {dsn: "postgresql://u:canary-secret@h/b", table: o}'
    )
    message = refused(tmp_path, literal)
    assert "canary-secret" not in message
    assert "${env:NAME}" in message


def test_a_missing_environment_variable_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("SHOP_FILES", raising=False)
    assert "SHOP_FILES is not set" in refused(tmp_path, MINIMAL.replace("orders.csv", '"${env:SHOP_FILES}"'))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "amount: total",
            "amuont: total",
            "columns.amuont is no meaning of transactions; did you mean 'amount'?",
        ),
        ("time: when, ", "", "columns.time is required"),
        ("      times: {format: iso, zone: Europe/Paris}\n", "", "must say how time is written"),
        ("format: iso", 'format: "%d/%m/%y"', "four-digit year"),
        ("files: [orders.csv]", "files: []", "exactly one of files"),
        ("amount: total", "amount: 'a\"; COPY x'", "column name cannot hold"),
        ("time_zone: Europe/Paris", "time_zone: Europe/Pariss", "did you mean 'Europe/Paris'?"),
        (
            "horizon_days: 60",
            "horizon_days: 0",
            "churn.horizon_days: must be a whole number from 1 to 1825 (got 0)",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, old, new, words):
    assert words in refused(tmp_path, MINIMAL.replace(old, new))


def test_a_current_state_attribute_is_refused(tmp_path):
    customers = """  customers:
    - name: people
      files: [people.csv]
      columns: {customer_id: id}
      attributes: {status: {column: status, kind: category}}
"""
    assert "no validity" in refused(tmp_path, MINIMAL + customers)
    loaded(tmp_path, MINIMAL + customers.replace("category}", "category, static: true}"))


def test_the_shipped_schema_is_the_one_the_code_makes():
    shipped = Path(__file__).parents[2] / "configs" / "churnlab.schema.json"
    assert shipped.read_text(encoding="utf-8") == config.schema(), (
        "run: churnlab schema > configs/churnlab.schema.json"
    )
    assert json.loads(config.schema())["additionalProperties"] is False


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "configs").glob("*.yaml")), ids=lambda p: p.stem
)
def test_every_shipped_config_loads_and_names_its_schema(path, monkeypatch):
    monkeypatch.setenv("CHURNLAB_DATA", "data")
    assert path.read_text(encoding="utf-8").startswith(
        "# yaml-language-server: $schema=churnlab.schema.json\n"
    )
    assert config.load(path).project == path.stem


def test_the_file_itself_may_be_at_fault(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        config.load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("project: caf\xe9".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8 at byte 12"):
        config.load(tmp_path / "latin.yaml")
    (tmp_path / "large.yaml").write_text("# " + "x" * (1 << 20))
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        config.load(tmp_path / "large.yaml")
