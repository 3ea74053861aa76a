"""Sources of who must not be contacted: whole and of the right day, or no list (exit 4)."""

import datetime as dt
import hashlib
import json

import pyarrow as pa
import pytest

from churnlab.config.meanings import SUPPRESSION
from churnlab.config.sources import Sources
from churnlab.config.suppression import Suppression
from churnlab.errors import GateError
from churnlab.tables import load, refusals
from loading import engine, source

AS_OF = dt.date(2025, 7, 1)
OBJECTIONS = "customer_id,channel\na,\nb,email\n"
CONSENTS = (
    "customer_id,time,channel,purpose,status\n"
    "a,2025-01-01T10:00:00,email,marketing,given\nb,2025-02-01,email,marketing,withdrawn\n"
)
ALIASES = "customer_id,alias\na,A-1\n"


def declared(folder, **given):
    """Sources of orders and of what is given: table -> (content, further keys)."""
    sources = {"transactions": [source(folder, "customer_id,time\nz,2025-01-01\n")]}
    for table, (content, keys) in given.items():
        sources[table] = [source(folder, content, table=table, **{"complete_until": AS_OF, **keys})]
    return Sources.model_validate(sources)


def read(folder, sources, con=None, **given):
    around = {"zone": "Europe/Paris", "currency": "EUR", "con": con or engine(), "frames": {}} | given
    quarantine = folder / "quarantine_suppression.parquet"
    with refusals.no_list():
        return load(sources, root=folder, data_roots=(), wanted=SUPPRESSION, quarantine=quarantine, **around)


def dated(folder, plan=None, as_of=AS_OF, **given):
    sources = declared(folder, **given)
    return refusals.dated(read(folder, sources), sources, plan or Suppression(), as_of, "Europe/Paris")


def test_they_are_read_counted_and_digested_like_others(tmp_path):
    sources = declared(tmp_path, objections=(OBJECTIONS, {}), consents=(CONSENTS, {}), aliases=(ALIASES, {}))
    tables = read(tmp_path, sources)
    assert [(c.table, c.read, c.accepted) for c in tables.counts] == [
        ("objections", 2, 2),
        ("consents", 2, 2),
        ("aliases", 1, 1),
    ]
    assert tables.digests["consents.consents: consents.csv"] == hashlib.sha256(CONSENTS.encode()).hexdigest()
    assert not tables.has("transactions")


BROKEN = {
    "a status is missing": CONSENTS + "c,2025-02-01,email,marketing,\n",
    "an id is missing": CONSENTS + ",2025-02-01,email,marketing,given\n",
    "an id with an invisible character": CONSENTS + "c\u200b,2025-02-01,email,marketing,given\n",
    "no day": CONSENTS + "c,2025-02-31,email,marketing,given\n",
    "a field too few": CONSENTS + "c,2025-02-01,email,given\n",
    "cut in the middle": CONSENTS[:-4],
    "a column renamed": CONSENTS.replace("status", "answer", 1),
    "no rows": CONSENTS.splitlines()[0] + "\n",
    "nothing": "",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_one_bad_row_or_file_is_no_list(tmp_path, fault):
    content = BROKEN[fault]
    sources = declared(tmp_path, consents=(CONSENTS, {}))
    (tmp_path / "consents.csv").write_text(content, encoding="utf-8")
    with pytest.raises(GateError, match=r"^no list: ") as caught:
        read(tmp_path, sources)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("alias", ["\u200bA-1", "A-1\x7f", "A" * 257, "", "\u3000"])
def test_one_alias_that_is_no_id_is_no_list(tmp_path, alias):
    sources = declared(tmp_path, aliases=(f"{ALIASES}b,{alias}\n", {}))
    with pytest.raises(GateError, match=r"^no list: .*1 of 2 rows were set aside"):
        read(tmp_path, sources)


def test_a_file_that_is_missing_or_cannot_be_opened_is_no_list(tmp_path):
    sources = declared(tmp_path, objections=(OBJECTIONS, {}))
    (tmp_path / "objections.csv").unlink()
    with pytest.raises(GateError, match="no such file"):
        read(tmp_path, sources)
    (tmp_path / "objections.csv").mkdir()
    with pytest.raises(GateError, match="not a regular file"):
        read(tmp_path, sources)


def test_whatever_else_goes_wrong_is_no_list(tmp_path):
    with pytest.raises(GateError, match="could not be read") as caught, refusals.no_list():
        raise OSError(5, "Input/output error")
    assert "OSError" in str(caught.value)


def test_a_list_of_nobody_is_one_that_somebody_has_confirmed(tmp_path):
    nobody = ("customer_id\n", {"confirmed_empty": True})
    assert list(dated(tmp_path, objections=nobody)) == ["objections.objections"]
    with pytest.raises(GateError, match="no rows"):
        dated(tmp_path, objections=("customer_id\n", {}))
    sources = declared(tmp_path, objections=nobody)
    (tmp_path / "objections.csv").write_bytes(b"")
    with pytest.raises(GateError, match="0 bytes"):
        read(tmp_path, sources)


def test_ids_keep_their_spaces_and_are_no_fault(tmp_path):
    tables = read(tmp_path, declared(tmp_path, objections=('customer_id\n" a"\n"b\u00a0"\n', {})))
    ids = tables.con.to_pyarrow(tables.table("objections"))["customer_id"].to_pylist()
    assert sorted(ids) == [" a", "b\u00a0"]


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("2025-07-02", None),
        ("2025-07-01", None),
        ("2025-06-30", None),
        ("2025-06-29", "is too old"),
        ("2025-07-03", "is dated in the future"),
    ],
)
def test_a_list_is_of_its_day_give_or_take_one(tmp_path, until, told):
    given = {"objections": (OBJECTIONS, {"complete_until": until})}
    if told is None:
        found = dated(tmp_path, **given)["objections.objections"]
        assert found.oldest == found.newest == dt.date.fromisoformat(until)
    else:
        with pytest.raises(GateError, match=rf"no list: objections\.objections {told}"):
            dated(tmp_path, **given)


def test_the_day_may_stand_in_a_column_and_its_oldest_and_newest_row_count(tmp_path):
    def of(*days):
        rows = "".join(f"c{n},{day}\n" for n, day in enumerate(days))
        return {"objections": ("customer_id,exported_at\n" + rows, {"complete_until": "observed"})}

    # 22:30 UTC is half past midnight of the next day in Paris.
    found = dated(tmp_path, **of("2025-06-30T22:30:00Z", "2025-07-01"))["objections.objections"]
    assert (found.oldest, found.newest) == (AS_OF, AS_OF)
    with pytest.raises(GateError, match="is too old"):
        dated(tmp_path, **of("2025-07-01", "2025-06-29"))
    with pytest.raises(GateError, match="dated in the future"):
        dated(tmp_path, **of("2025-07-01", "2025-07-03"))
    with pytest.raises(GateError, match="does not say of which day"):
        dated(tmp_path, **of("2025-07-01", ""))


def test_a_source_without_a_date_is_no_list_and_a_manifest_may_date_it(tmp_path):
    with pytest.raises(GateError, match="does not say of which day it is"):
        dated(tmp_path, objections=(OBJECTIONS, {"complete_until": "observed"}))
    sha = hashlib.sha256(OBJECTIONS.encode()).hexdigest()
    listed = {"files": [{"name": "objections.csv", "sha256": sha}], "complete_until": "2025-06-30"}
    (tmp_path / "delivery.json").write_text(json.dumps(listed), encoding="utf-8")
    keys = {"complete_until": "observed", "manifest": "delivery.json"}
    assert dated(tmp_path, objections=(OBJECTIONS, keys))["objections.objections"].oldest == dt.date(
        2025, 6, 30
    )
    with pytest.raises(GateError, match=r"not the file that delivery\.json lists"):
        dated(tmp_path, objections=(OBJECTIONS + "c,\n", keys))


def test_rows_from_after_the_day_of_their_file_are_no_list(tmp_path):
    late = CONSENTS + "c,2025-07-02T00:00:01,email,marketing,given\n"
    with pytest.raises(GateError, match="rows from after the day it says it is of"):
        dated(tmp_path, consents=(late, {}))
    exported = CONSENTS.replace("\n", ",2025-07-01\n").replace("status,2025-07-01", "status,exported_at")
    keys = {"complete_until": "observed"}
    assert dated(tmp_path, consents=(exported, keys))
    with pytest.raises(GateError, match="rows from after the day"):
        dated(tmp_path, consents=(exported + "c,2025-07-03,email,marketing,given,2025-07-01\n", keys))


def test_several_files_of_one_source_are_no_list(tmp_path):
    two = {"no_1.csv": OBJECTIONS, "no_2.csv": OBJECTIONS + "c,\n"}
    with pytest.raises(GateError, match="is several files"):
        dated(tmp_path, objections=(two, {}))


def test_a_plan_may_allow_older_and_newer_ones(tmp_path):
    plan = Suppression(max_age_days=0, max_ahead_days=3)
    old, new = ((OBJECTIONS, {"complete_until": day}) for day in ("2025-06-30", "2025-07-04"))
    assert dated(tmp_path, plan, objections=new)
    with pytest.raises(GateError, match="is too old"):
        dated(tmp_path, plan, objections=old)


def confirm(folder, sources, before):
    again = lambda: read(folder, sources)
    refusals.confirm(sources, before.digests, root=folder, data_roots=(), again=again)


def test_somebody_who_says_no_meanwhile_stops_the_lists(tmp_path):
    sources = declared(tmp_path, objections=(OBJECTIONS, {}), consents=(CONSENTS, {}))
    before = read(tmp_path, sources)
    confirm(tmp_path, sources, before)
    (tmp_path / "objections.csv").write_text(OBJECTIONS + "c,\n", encoding="utf-8")
    with pytest.raises(GateError, match="has changed while the lists were made"):
        confirm(tmp_path, sources, before)
    (tmp_path / "objections.csv").unlink()
    with pytest.raises(GateError, match="no such file"):
        confirm(tmp_path, sources, before)


def test_a_frame_is_compared_by_its_rows(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"who": ["a", "b"]})
    raw = {"name": "no", "frame": "no", "columns": {"customer_id": "who"}, "complete_until": AS_OF}
    orders = source(tmp_path, "customer_id,time\nz,2025-01-01\n")
    sources = Sources.model_validate({"transactions": [orders], "objections": [raw]})

    def again():
        return read(tmp_path, sources, zone="UTC", frames={"no": frame})

    before = again()
    refusals.confirm(sources, before.digests, root=tmp_path, data_roots=(), again=again)
    frame.loc[2] = "c"
    with pytest.raises(GateError, match="has changed while"):
        refusals.confirm(sources, before.digests, root=tmp_path, data_roots=(), again=again)


def test_numbers_as_ids_are_read_as_text(tmp_path):
    table = pa.table({"customer_id": pa.array([7, 42], pa.int64())})
    tables = read(tmp_path, declared(tmp_path, objections=(table, {})))
    assert sorted(tables.con.to_pyarrow(tables.table("objections"))["customer_id"].to_pylist()) == ["42", "7"]
