"""What every section of a configuration has in common: it is frozen, and no key goes unread."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from churnlab.config.currencies import CURRENCIES
from churnlab.errors import did_you_mean


class Section(BaseModel):
    """A frozen group of keys; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _zone(name: str) -> str:
    if name not in available_timezones():
        hint = did_you_mean(name, available_timezones())
        raise ValueError(f"unknown time zone{hint}; use a name such as Europe/Paris or UTC")
    ZoneInfo(name)
    return name


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(
            f"unknown currency{did_you_mean(code.upper(), CURRENCIES)}; use an ISO 4217 code such as EUR"
        )
    return code


Currency = Annotated[str, AfterValidator(_currency)]
Zone = Annotated[str, AfterValidator(_zone)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
