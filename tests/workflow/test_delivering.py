"""`deliver` and `ledger` at the command line: what they print, exit codes, and whose today it is."""

import datetime as dt
import json

import pytest

from churnlab import cli
from churnlab.workflow import delivering
from deliveries import DAY, deliver, publish

YAML = """
project: shop
time_zone: Pacific/Auckland
sources:
  transactions:
    - name: orders
      frame: orders
      times: {format: native, zone: UTC}
      columns: {customer_id: who, time: at}
churn: {horizon_days: 60}
"""


class Clock(dt.datetime):
    """Noon in London on the third of March: already the fourth in Auckland."""

    @classmethod
    def now(cls, tz=None):
        return dt.datetime(2025, 3, 3, 12, tzinfo=dt.UTC).astimezone(tz)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    publish(tmp_path)
    (tmp_path / "shop.yaml").write_text(YAML, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def in_time(monkeypatch):
    monkeypatch.setattr(delivering, "_today", lambda _zone: DAY)


def called(capfd, *arguments):
    with pytest.raises(SystemExit) as left:
        cli.main(list(arguments))
    out, err = capfd.readouterr()
    return left.value.code, out, err


def test_the_second_time_there_is_nothing_to_do(shop, in_time, capfd):
    code, out, err = called(capfd, "deliver", "shop.yaml")
    assert code == 0
    assert out.count(" delivered ") == 4
    assert "deliver ..." in err
    code, out, _ = called(capfd, "deliver", "shop.yaml")
    assert code == 0
    assert out.count("was delivered before") == 4
    assert "nothing to do" in out


def test_lists_are_named_and_the_rest_stays(shop, in_time, capfd):
    code, out, _ = called(capfd, "deliver", "shop.yaml", "--list", "retain, win_back", "--json")
    assert code == 0
    told = json.loads(out)
    assert [each["list"] for each in told["lists"]] == ["retain", "win_back"]
    assert told["destination"] == "folder outbox"


def test_the_ledger_is_shown_and_verified(shop, in_time, capfd):
    assert "nothing was delivered yet" in called(capfd, "ledger", "shop.yaml", "--set", "lists.folder=new")[1]
    called(capfd, "deliver", "shop.yaml", "--list", "retain")
    _, again, _ = called(capfd, "deliver", "shop.yaml", "--list", "retain", "--redeliver", "lost on the way")
    assert "retain: what was delivered of it before still lies there and must not be used" in again
    code, out, _ = called(capfd, "ledger", "shop.yaml", "--json")
    told = json.loads(out)
    assert code == 0
    assert [line["reason"] for line in told["lines"]] == [None, "lost on the way"]
    assert told["last_hash"] == told["lines"][-1]["hash"]
    assert "lost on the way" in called(capfd, "ledger", "shop.yaml")[1]
    path = shop / "out" / "shop" / "ledger.jsonl"
    path.write_text(path.read_text().replace("lost on the way", "all is well"))
    code, _, err = called(capfd, "ledger", "shop.yaml")
    assert code == 5
    assert "line 2 is not as it was written" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--list", "retian"], 2, "did you mean 'retain'"),
        (["--as-of", "2024-12-01"], 3, "there are no lists of 2024-12-01"),
        (["--redeliver", " "], 2, "say why in a line"),
        (["--set", "export.leave_out=[phone]"], 2, "no column 'phone'"),
        (["--set", "export.destination.folder=/nowhere"], 7, "/nowhere is not there"),
    ],
)
def test_mistakes_and_their_codes(shop, in_time, capfd, arguments, code, words):
    got, out, err = called(capfd, "deliver", "shop.yaml", *arguments)
    assert (got, out) == (code, "")
    assert words in err
    assert len([line for line in err.splitlines() if not line.endswith("...")]) <= 3


def test_today_is_a_day_of_the_projects_time_zone(shop, capfd, monkeypatch):
    # Valid until 3 March: noon in London that day is already the fourth in Auckland.
    monkeypatch.setattr(delivering.dt, "datetime", Clock)
    code, _, err = called(capfd, "deliver", "shop.yaml")
    assert code == 4
    assert "today is 2025-03-04" in err
    code, _, _ = called(capfd, "deliver", "shop.yaml", "--set", "time_zone=Europe/London")
    assert code == 0


def test_it_needs_neither_model_nor_tracking(shop, tmp_path):
    deliver(tmp_path)
    assert not (tmp_path / "mlflow.db").exists()
