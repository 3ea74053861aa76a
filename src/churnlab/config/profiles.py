"""What a CRM's import expects of a file: names, separators, sizes; each taken from its own pages.

- Salesforce, "Prepare CSV Files" of Bulk API 2.0: headers are the API names of fields (those of own
  fields end in ``__c``); UTF-8; LF or CRLF; comma, semicolon, tab, pipe and two more; an empty field is
  ignored by an update, ``#N/A`` empties it; at most 100 MB to upload, which base64 makes 150.
  developer.salesforce.com/docs/atlas.en-us.254.0.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm
- HubSpot, "Set up import files": each header corresponds to a property; UTF-8; 512 MB and 1,048,576
  rows a file. knowledge.hubspot.com/import-and-export/set-up-your-import-file
- Braze, "CSV import": ``external_id`` identifies, other headers become attributes; 500 MB; ISO 8601
  dates; blank values leave an attribute as it was.
  www.braze.com/docs/user_guide/data/unification/user_data/import_users/csv
- Adobe Campaign, "Importing data" and "Load file": flat text files, structure declared in the workflow;
  the example is separated by semicolons, with names such as ``crmID``.
  docs.adobe.com/content/help/en/campaign-classic/using/automating-with-workflows/general-operation/importing-data.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

ProfileName = Literal["generic", "salesforce", "hubspot", "braze", "adobe_campaign"]
Encoding = Literal["utf-8", "cp1252", "iso-8859-1", "iso-8859-15"]
Delimiter = Literal[",", ";", "\t", "|"]

ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
DELIMITERS: tuple[Delimiter, ...] = get_args(Delimiter)
MOST_ROWS = 1_000_000  # in a part, whatever the CRM
ID = "customer_id"


def _api_name(column: str) -> str:
    return "_".join(word.capitalize() for word in column.split("_")) + "__c"


def _label(column: str) -> str:
    return column.replace("_", " ").capitalize()


def _camel(column: str) -> str:
    first, *others = column.split("_")
    return first + "".join(word.capitalize() for word in others)


@dataclass(frozen=True)
class Profile:
    """One CRM's import. ``part_bytes``: the most a file may hold, None: no limit known.

    ``newline`` None: that of the published lists. ``missing``: what stands where there is no value.
    ``api_names``: a header must be an identifier.
    """

    id: str
    named: Callable[[str], str] = str
    delimiter: Delimiter = ","
    delimiters: tuple[Delimiter, ...] = (",",)
    encodings: tuple[Encoding, ...] = ("utf-8",)
    bom: bool = False
    newline: Literal["lf", "crlf"] | None = None
    missing: str = ""
    suffix: str = "csv"
    part_bytes: int | None = None
    api_names: bool = False

    def header(self, column: str) -> str:
        """The name that a column of ours has there.

        >>> [PROFILES[name].header("churn_risk") for name in PROFILES]
        ['churn_risk', 'Churn_Risk__c', 'Churn risk', 'churn_risk', 'churnRisk']
        >>> [PROFILES[name].header("customer_id") for name in PROFILES]
        ['customer_id', 'External_ID__c', 'Customer ID', 'external_id', 'customerId']
        """
        return self.id if column == ID else self.named(column)


PROFILES: Mapping[ProfileName, Profile] = {
    "generic": Profile(id=ID, delimiters=DELIMITERS, encodings=ENCODINGS, bom=True),
    "salesforce": Profile(
        id="External_ID__c",
        named=_api_name,
        delimiters=DELIMITERS,
        newline="lf",
        missing="#N/A",
        part_bytes=100_000_000,
        api_names=True,
    ),
    "hubspot": Profile(id="Customer ID", named=_label, bom=True, part_bytes=512_000_000),
    "braze": Profile(id="external_id", part_bytes=500_000_000),
    "adobe_campaign": Profile(
        id="customerId",
        named=_camel,
        delimiter=";",
        delimiters=DELIMITERS,
        encodings=ENCODINGS,
        bom=True,
        suffix="txt",
    ),
}
