"""What the report says of a model's use that no data can tell: its purpose, its limits, what is refused."""

from __future__ import annotations

from pydantic import Field, field_validator

from churnlab.config.section import Section

LONGEST = 1_000  # letters of one text: what a report shows whole


class Review(Section):
    """What a report and a model card say of the use of the model, in your own words."""

    purpose: str | None = Field(
        None, description="what decision this model serves; null: a sentence about the strategies"
    )
    limits: tuple[str, ...] = Field(
        (), description="limits of this project, beside those that every model has"
    )
    refused_uses: tuple[str, ...] | None = Field(
        None,
        description="what the model must not be used for; null: a list that suits every project",
    )

    @field_validator("purpose")
    @classmethod
    def _purpose_is_said(cls, purpose: str | None) -> str | None:
        return None if purpose is None else _text(purpose)

    @field_validator("limits", "refused_uses")
    @classmethod
    def _each_is_said(cls, texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if texts is None else tuple(_text(each) for each in texts)


def _text(given: str) -> str:
    text = " ".join(given.split())
    if not 0 < len(text) <= LONGEST:
        raise ValueError(f"a text here has 1 to {LONGEST:,} characters, not {len(text):,}")
    return text
