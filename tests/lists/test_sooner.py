"""Risks of shorter horizons in the lists: after churn_risk, in CSV and Parquet, and nowhere unasked."""

import csv
import io
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from churnlab.errors import GateError
from churnlab.lists import spool
from churnlab.lists.columns import COLUMNS, NAMES, columns_of
from scored_people import STAMP, files_of, scored

IDS = [f"{number:03}" for number in range(60)]
ASKED = replace(STAMP, also_days=(30, 60))
PLACE = NAMES.index("churn_risk") + 1


def people():
    risk = np.linspace(0.1, 0.9, len(IDS)).round(6)
    return scored(IDS, risk, sooner={30: (risk**0.25).round(6), 60: (risk**0.5).round(6)})


@pytest.mark.parametrize("name", ["all", "retain", "win_back"])
def test_they_stand_after_the_risk_in_every_file(name, monkeypatch):
    monkeypatch.setattr(spool, "RUN", 16)
    files = files_of(*people().pieces(7), stamp=ASKED)
    table = pq.read_table(io.BytesIO(files[f"{name}.parquet"]))
    assert table.column_names[PLACE - 1 : PLACE + 3] == [
        "churn_risk",
        "churn_risk_30d",
        "churn_risk_60d",
        "risk_band",
    ]
    lines = list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode())))
    assert list(lines[0]) == table.column_names
    for column, power in (("churn_risk_30d", 0.25), ("churn_risk_60d", 0.5)):
        told = table[column].to_numpy()
        np.testing.assert_allclose(told, table["churn_risk"].to_numpy() ** power, atol=1e-6)
        assert [line[column] for line in lines] == [f"{risk:.6f}" for risk in told]


def test_a_list_of_nobody_has_the_columns_as_well():
    risk = np.array([0.1, 0.2])
    few = scored(["a", "b"], risk, [900, 900], [90, 90], sooner={30: risk, 60: risk})
    files = files_of(few, stamp=ASKED)
    assert pq.read_table(io.BytesIO(files["release.parquet"])).num_rows == 0
    assert b"churn_risk,churn_risk_30d,churn_risk_60d,risk_band" in files["release.csv"]
    assert "churn_risk_60d" in pq.read_schema(io.BytesIO(files["release.parquet"])).names


def test_unasked_the_columns_are_those_of_every_list():
    assert columns_of() == COLUMNS
    files = files_of(scored(IDS))
    assert tuple(pq.read_schema(io.BytesIO(files["all.parquet"])).names) == NAMES
    assert files["all.csv"].partition(b"\n")[0].decode() == ",".join(NAMES)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -0.1, 1.1])
def test_what_is_no_risk_stops_the_list(wrong):
    risk = np.array([0.1, 0.2])
    with pytest.raises(GateError, match=r"no list: churn_risk_60d is no risk between 0 and 1\ngot: 1 of 2"):
        files_of(scored(["a", "b"], risk, sooner={30: risk, 60: np.array([0.2, wrong])}), stamp=ASKED)
