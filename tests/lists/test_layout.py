"""Layouts: what a profile asks for, what a configuration changes of it, and columns that cannot be."""

import pytest

from churnlab.errors import ConfigError
from churnlab.lists.columns import NAMES
from deliveries import laid_out
from scored_people import listed, scored

TABLE = listed(scored(["a", "b"]))


def test_generic_is_the_published_list():
    how = laid_out(TABLE)
    assert how.headers == NAMES
    assert how.head() == (",".join(NAMES) + "\n").encode()
    assert laid_out(TABLE, newline="crlf").dialect.end == "\r\n"


def test_what_each_profile_asks_for():
    limits = {
        name: (how.dialect.delimiter, how.dialect.missing, how.suffix, how.part_bytes, how.part_rows)
        for name in ("generic", "salesforce", "hubspot", "braze", "adobe_campaign")
        for how in [laid_out(TABLE, profile=name)]
    }
    assert limits == {
        "generic": (",", "", "csv", None, 1_000_000),
        "salesforce": (",", "#N/A", "csv", 100_000_000, 1_000_000),
        "hubspot": (",", "", "csv", 512_000_000, 1_000_000),
        "braze": (",", "", "csv", 500_000_000, 1_000_000),
        "adobe_campaign": (";", "", "txt", None, 1_000_000),
    }


def test_a_profile_may_ask_for_its_own_line_end():
    assert laid_out(TABLE, profile="salesforce", newline="crlf").dialect.end == "\n"
    assert laid_out(TABLE, profile="braze", newline="crlf").dialect.end == "\r\n"


def test_headers_with_the_delimiter_in_them_are_quoted():
    how = laid_out(TABLE, columns={"churn_risk": "Risk, 0 to 1"})
    assert b',"Risk, 0 to 1",' in how.head()


def test_a_database_gets_rows_and_no_text():
    target = {"postgres": {"dsn": "${env:CRM}"}}
    how = laid_out(TABLE, destination=target, parquet=False, part_mb=1)
    assert (how.texts, how.parquet, how.part_bytes) == (False, True, None)


@pytest.mark.parametrize(
    ("export", "words"),
    [
        ({"columns": {"churn_rsk": "Risk"}}, "no column 'churn_rsk'; did you mean 'churn_risk'"),
        ({"leave_out": ("phone",)}, "export.leave_out: the published lists have no column 'phone'"),
        ({"columns": {"churn_risk": "SEGMENT"}}, "two columns would have the header 'segment'"),
    ],
)
def test_columns_that_cannot_be(export, words):
    with pytest.raises(ConfigError, match=r"export\.") as caught:
        laid_out(TABLE.drop_columns("owner"), **export)
    assert words.lower() in str(caught.value).lower()
    assert caught.value.exit_code == 2


def test_lists_from_before_there_were_owners_cannot_be_split_by_them():
    before = TABLE.drop_columns(["owner"])
    with pytest.raises(ConfigError, match="split_by: the published lists have no column 'owner'"):
        laid_out(before, split_by="owner")
    assert laid_out(TABLE, split_by="owner").split_by == "owner"
