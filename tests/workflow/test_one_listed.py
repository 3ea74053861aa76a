"""One customer in published lists: which model the row is of, where two projects share the lists."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.explain import in_campaign
from churnlab.workflow import one_listed


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """Lists with a campaign, of which one customer is lost already and two are kept off."""
    rows = {name: [None, "treated"] for name in in_campaign.COLUMNS}
    rows |= dict.fromkeys(("expected_saved_value", "expected_cost"), pa.array([None, 2.5]))
    rows |= {"customer_id": ["at risk", "lost"], "model_version": ["7", "gone 3"]}
    pq.write_table(pa.table(rows), tmp_path / "all.parquet")
    out = {"customer_id": ["off"], "reasons": ["minor"], "details": ["minor"]}
    pq.write_table(pa.table(out), tmp_path / "excluded.parquet")
    facts = {"campaign": {"name": "spring"}, "model_version": "7"}
    monkeypatch.setattr(one_listed.published, "lists", lambda *_: [tmp_path])
    monkeypatch.setattr(one_listed.manifest, "read", lambda _: facts)


@pytest.mark.parametrize(
    ("who", "state", "version"),
    [("at risk", "not_selected", "7"), ("lost", "selected", "gone 3"), ("off", "kept_off", "7")],
)
def test_a_row_is_of_the_model_that_it_names(listed, who, state, version):
    told = one_listed.campaign_of(None, dt.date(2025, 5, 1), who)
    assert (told.state, told.name, told.model_version) == (state, "spring", version)
