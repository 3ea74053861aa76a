"""How published lists reach a CRM: what its import expects of a file, and where the file goes."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from churnlab.config.profiles import ID, MOST_ROWS, PROFILES, Delimiter, Encoding, Profile, ProfileName
from churnlab.config.section import Section

ListName = Literal["retain", "rationalise", "win_back", "release", "unclassified", "all"]
LIST_NAMES: tuple[ListName, ...] = get_args(ListName)
Table = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$")]

_SECRET = re.compile(r"\$\{env:[A-Za-z_][A-Za-z0-9_]*\}")
_SOUNDS_SECRET = re.compile(r"key|secret|token|pass|cred|sas|conn", re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.]*://[^\s?#]*")
_DATE_PARTS = ["%Y", "%d", "%m"]
_HEADER = re.compile(r'[^\W\d][^"\x00-\x1f\x7f-\x9f\u2028\u2029]{0,199}|_\w{0,199}')
_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?")


class PostgresTarget(Section):
    """Two tables in Postgres, made where they are not there: rows of lists, and what was delivered."""

    dsn: str = Field(description="${env:NAME}, the variable that holds postgresql://user:password@host/base")
    table: Table = Field("churnlab_lists", description="the rows, with list_id before the columns")
    deliveries: Table = Field(
        "churnlab_deliveries", description="a row a delivery, written in the same transaction as its rows"
    )

    @model_validator(mode="after")
    def _secret_and_two(self) -> PostgresTarget:
        if not _SECRET.fullmatch(self.dsn):
            raise ValueError("dsn is a secret: write it as ${env:NAME} and set that variable")
        if self.table == self.deliveries:
            raise ValueError("table and deliveries must be two tables")
        return self


class Destination(Section):
    """Where lists are delivered to: a folder, Postgres, or a URL that fsspec knows; one of them."""

    folder: str | None = Field(
        None, description="a folder, from the project's; null: outbox/ in the project's output folder"
    )
    group_may_read: bool = Field(
        False, description="folder: true lets its group read what is delivered, not only its owner"
    )
    postgres: PostgresTarget | None = Field(None, description="tables in a Postgres database")
    url: str | None = Field(
        None, description="object storage and others, such as s3://bucket/lists; needs churnlab[storage]"
    )
    options: dict[str, str | bool | int] = Field(
        {}, description="url: what fsspec gets for it; secrets only as ${env:NAME}"
    )

    @model_validator(mode="after")
    def _one_without_secrets(self) -> Destination:
        if sum(each is not None for each in (self.folder, self.postgres, self.url)) > 1:
            raise ValueError("give one of folder, postgres and url")
        if self.group_may_read and (self.postgres or self.url):
            raise ValueError("group_may_read is about a folder")
        if self.options and not self.url:
            raise ValueError("options are about a url")
        if self.url is not None:
            _check_url(self.url)
        for name, value in self.options.items():
            if _SOUNDS_SECRET.search(name) and not _SECRET.fullmatch(str(value)):
                raise ValueError(
                    f"options.{name} is a secret: write it as ${{env:NAME}} and set that variable"
                )
        return self

    @property
    def label(self) -> str:
        """The destination in words, without a secret; the same on every machine."""
        if self.postgres is not None:
            return f"postgres {self.postgres.dsn} {self.postgres.table}"
        return self.url or f"folder {self.folder or 'outbox'}"


class Export(Section):
    """How the lists that score publishes are delivered: ``churnlab deliver``."""

    profile: ProfileName = Field("generic", description="what the CRM's import expects of a file")
    lists: tuple[ListName, ...] = Field(
        ("retain", "rationalise", "win_back", "release"), min_length=1, description="the lists to deliver"
    )
    id: str | None = Field(None, description="header of the customer's id; null: the profile's")
    columns: dict[str, str] = Field(
        {}, description="our column: its header there; others: as the profile says"
    )
    leave_out: tuple[str, ...] = Field((), description="columns that are not delivered")
    dates: str = Field("%Y-%m-%d", description="how dates are written, with %Y, %m and %d")
    delimiter: Delimiter | None = Field(None, description="null: the profile's")
    encoding: Encoding = Field("utf-8", description="of text files; the CRMs known here take UTF-8")
    bom: bool = Field(False, description="true: a byte order mark first, for programs that need one")
    newline: Literal["lf", "crlf"] | None = Field(None, description="null: the profile's, else lists.newline")
    missing: str | None = Field(
        None, max_length=20, description="what stands for no value; null: the profile's"
    )
    part_rows: int = Field(MOST_ROWS, ge=1, le=MOST_ROWS, description="rows of one file at most")
    part_mb: int | None = Field(
        None, ge=1, le=10_000, description="megabytes of one file at most; null: the profile's"
    )
    parquet: bool = Field(True, description="write a lossless Parquet file beside each text file")
    split_by: Literal["owner", "segment"] | None = Field(
        None, description="one file for each value of this column, such as each account manager"
    )
    arms: tuple[Literal["treated", "explore", "control"], ...] = Field(
        ("treated", "explore"),
        description="of a campaign's lists, rows of other arms and of none are held back",
    )
    destination: Destination = Destination()

    @property
    def rules(self) -> Profile:
        """What the profile asks for and allows."""
        return PROFILES[self.profile]

    @field_validator("dates")
    @classmethod
    def _dates_are_whole(cls, dates: str) -> str:
        plain = re.sub(r"[-/. ]", "", dates)
        if sorted(re.findall("%.", dates)) != sorted(_DATE_PARTS) or re.sub("%.", "", plain):
            raise ValueError("dates must hold %Y, %m and %d once, apart by - / . or a space")
        return dates

    @model_validator(mode="after")
    def _as_the_profile_allows(self) -> Export:
        rules, crm = self.rules, self.profile
        if self.delimiter is not None and self.delimiter not in rules.delimiters:
            raise ValueError(f"{crm} does not take the delimiter {self.delimiter!r}")
        if self.encoding not in rules.encodings:
            raise ValueError(f"{crm} takes {' or '.join(rules.encodings)} only, not {self.encoding}")
        if self.bom and not (rules.bom and self.encoding == "utf-8"):
            raise ValueError("bom is for UTF-8, and where the profile takes one")
        if self.part_mb and rules.part_bytes and self.part_mb * 1_000_000 > rules.part_bytes:
            raise ValueError(f"{crm} takes files of {rules.part_bytes // 1_000_000} MB at most")
        if self.missing is not None and re.search(r'[\x00-\x1f"=+\-@,;|]', self.missing):
            raise ValueError("missing must not hold quotes, separators, control characters or = + - @")
        return self

    @model_validator(mode="after")
    def _headers_are_names(self) -> Export:
        if ID in self.leave_out:
            raise ValueError(f"{ID} cannot be left out: without it nobody can be found")
        if self.id is not None and ID in self.columns:
            raise ValueError(f"give the header of {ID} once: as id, or in columns")
        headers = [*self.columns.values(), *([self.id] if self.id is not None else [])]
        for header in headers:
            if not (_API_NAME if self.rules.api_names else _HEADER).fullmatch(header):
                raise ValueError(f"{header!r} cannot be a header of {self.profile}")
        if len({header.casefold() for header in headers}) < len(headers):
            raise ValueError("two columns have the same header")
        return self


def _check_url(url: str) -> None:
    if not _URL.fullmatch(url) or "::" in url:
        raise ValueError("url must be of the form s3://bucket/folder, without a query")
    if urlsplit(url).password is not None:
        raise ValueError("url holds a password: give it in options, as ${env:NAME}")
