"""The campaign benchmark: what it measures is whole, and a list that lacks somebody is told of."""

import shutil

import pytest


def test_everybody_is_on_a_list_or_in_the_audit_and_a_loss_is_told(tmp_path, monkeypatch, capsys):
    from benchmarks import campaign
    from benchmarks.answers import Mismatch
    from benchmarks.peers import campaign_lists

    monkeypatch.setattr("sys.argv", ["campaign_lists", "3000", str(tmp_path / "out")])
    campaign_lists.main()
    campaign.check(tmp_path / "out", 3_000)
    assert '"objection"' in capsys.readouterr().out
    with pytest.raises(Mismatch, match="by strategy"):
        campaign.check(tmp_path / "out", 3_001)
    (run,) = (tmp_path / "out").glob("lists/run=*")
    shutil.copy(run / "release.csv", run / "retain.csv")
    with pytest.raises(Mismatch, match="csv"):
        campaign.check(tmp_path / "out", 3_000)


def test_the_same_customers_each_time():
    from benchmarks.peers import campaign_lists

    names = campaign_lists.ids(500)
    assert len(set(names)) == 500
    one, again = (campaign_lists.block(names, 3) for _ in range(2))
    assert one.churn_risk.tolist() == again.churn_risk.tolist()
    assert one.reason_texts.tolist() == again.reason_texts.tolist()
    facts = campaign_lists.facts(names)
    assert 0.6 < facts.consents.num_rows / 1_000 < 0.8  # two rows each
    assert facts.objections.num_rows < 20
