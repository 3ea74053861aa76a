"""The section export: what each CRM refuses is refused here, before anything is read; secrets stay names."""

import pytest

import shops
from churnlab import config
from churnlab.config import Export
from churnlab.config.profiles import PROFILES
from churnlab.errors import ConfigError
from churnlab.lists.columns import COLUMNS
from churnlab.workflow.opening import settings_digest

SHOP = shops.CONFIG + "churn: {horizon_days: 60}\n"


def loaded(tmp_path, export=""):
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP + (f"export: {export}\n" if export else ""), encoding="utf-8")
    return config.load(path)


REFUSED = {
    "{profile: sap}": "export.profile: must be one of generic, salesforce, hubspot, braze, adobe_campaign",
    "{profile: salesforce, encoding: cp1252}": "salesforce takes utf-8 only",
    "{profile: salesforce, part_mb: 101}": "salesforce takes files of 100 MB at most",
    "{profile: hubspot, part_mb: 513}": "hubspot takes files of 512 MB at most",
    "{profile: braze, delimiter: ';'}": "braze does not take the delimiter ';'",
    "{profile: braze, bom: true}": "bom is for UTF-8, and where the profile takes one",
    "{encoding: cp1252, bom: true}": "bom is for UTF-8",
    "{part_rows: 1000001}": "export.part_rows: must be a whole number from 1 to 1000000",
    "{dates: '%d.%m.%y'}": "dates must hold %Y, %m and %d once",
    "{dates: '%Y%m%d%H'}": "dates must hold %Y, %m and %d once",
    "{dates: '=%Y-%m-%d'}": "apart by - / . or a space",
    "{columns: {churn_risk: '=1+1'}}": "'=1+1' cannot be a header of generic",
    '{columns: {churn_risk: "a\\nb"}}': "cannot be a header of generic",
    "{profile: salesforce, id: 'External ID'}": "'External ID' cannot be a header of salesforce",
    "{columns: {churn_risk: X, segment: x}}": "two columns have the same header",
    "{id: KEY, columns: {customer_id: KEY2}}": "give the header of customer_id once",
    "{leave_out: [customer_id]}": "customer_id cannot be left out",
    "{lists: [retian]}": "did you mean 'retain'",
    "{missing: '=0'}": "missing must not hold",
    "{missing: '-'}": "missing must not hold",
    "{split_by: region}": "export.split_by: must be one of owner, segment",
    "{destination: {folder: a, url: 's3://b'}}": "give one of folder, postgres and url",
    "{destination: {options: {anon: true}}}": "options are about a url",
    "{destination: {url: 's3://b', group_may_read: true}}": "group_may_read is about a folder",
    "{destination: {url: 'b/c'}}": "url must be of the form s3://bucket/folder",
    "{destination: {url: 'simplecache::s3://b'}}": "url must be of the form",
    "{destination: {postgres: {dsn: 'postgresql://u:p@h/b'}}}": "dsn is a secret",
    "{destination: {postgres: {dsn: '${env:CRM}', table: 'x; drop'}}}": "such as crm.lists",
    "{destination: {postgres: {dsn: '${env:CRM}', deliveries: churnlab_lists}}}": "must be two tables",
}


@pytest.mark.parametrize("export", REFUSED)
def test_what_cannot_be(tmp_path, export):
    with pytest.raises(ConfigError, match="export") as caught:
        loaded(tmp_path, export)
    assert REFUSED[export] in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "export",
    [
        "{destination: {url: 's3://user:canary@host/b'}}",
        "{destination: {url: 's3://b', options: {key: canary}}}",
        "{destination: {url: 's3://b', options: {client_secret: canary}}}",
        "{destination: {postgres: {dsn: canary}}}",
        "{destination: {postgres: {dns: canary}}}",
        "{destination: {postgre: canary}}",
        "{destination: {url: 's3://b', options: {password: [canary]}}}",
    ],
)
def test_a_secret_written_out_is_refused_and_not_repeated(tmp_path, export):
    with pytest.raises(ConfigError, match="export") as caught:
        loaded(tmp_path, export)
    assert "canary" not in str(caught.value)


def test_secrets_stay_names_until_they_are_used(tmp_path, monkeypatch):
    monkeypatch.setenv("S3_KEY", "canary")
    project = loaded(tmp_path, "{destination: {url: 's3://b', options: {key: '${env:S3_KEY}', anon: false}}}")
    assert project.export.destination.options == {"key": "${env:S3_KEY}", "anon": False}
    assert "canary" not in project.model_dump_json()


def test_how_lists_are_delivered_changes_no_list(tmp_path):
    plain = settings_digest(loaded(tmp_path))
    assert settings_digest(loaded(tmp_path, "{profile: braze, part_rows: 10}")) == plain


def test_a_destination_has_the_same_name_everywhere():
    labels = [
        Export(destination=destination).destination.label
        for destination in (
            {},
            {"folder": "../crm"},
            {"url": "s3://bucket/lists"},
            {"postgres": {"dsn": "${env:CRM}", "table": "crm.lists"}},
        )
    ]
    assert labels == [
        "folder outbox",
        "folder ../crm",
        "s3://bucket/lists",
        "postgres ${env:CRM} crm.lists",
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_column_has_a_header_of_its_own_that_the_crm_takes(profile):
    rules = PROFILES[profile]
    headers = {column.name: rules.header(column.name) for column in COLUMNS}
    assert len({header.casefold() for header in headers.values()}) == len(COLUMNS)
    named = {name: header for name, header in headers.items() if name != "customer_id"}
    Export(profile=profile, id=headers["customer_id"], columns=named)
    if profile == "salesforce":  # an API name: 40 characters, then __c; no two underscores before it
        for header in headers.values():
            plain = header.removesuffix("__c")
            assert plain != header
            assert len(plain) <= 40
            assert "__" not in plain
