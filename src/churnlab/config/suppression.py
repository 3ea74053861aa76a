"""Who must not be contacted: what has to be there before a list is made, and what counts as a no.

Everything here can only be made stricter while a list is made: no option and no approval lets a
customer through who is suppressed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from churnlab.config.section import Name, Section

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=300)]
Required = Literal["objections", "consents"]
REQUIRED: tuple[Required, ...] = ("objections", "consents")


class Marked(Section):
    """An attribute of customers, and those of its values that mean it."""

    attribute: Name
    values: tuple[str, ...] = Field(min_length=1, description="compared without case and outer spaces")


class Minors(Section):
    """Who is too young to be contacted, by a date of birth or by an age."""

    below: int = Field(18, ge=1, le=99, description="years of age at the date of the list")
    birth_date: Name | None = Field(None, description="the attribute (kind category) with the date of birth")
    format: str = Field("iso", description="how it is written: iso, or a pattern such as %d/%m/%Y")
    age: Name | None = Field(None, description="or the attribute (kind number) with the age in years")
    unknown: Literal["contact", "suppress"] = Field(
        "contact", description="what an age that nobody knows means"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Minors:
        if (self.birth_date is None) == (self.age is None):
            raise ValueError("give either birth_date or age")
        if self.format != "iso" and not all(part in self.format for part in ("%Y", "%m", "%d")):
            raise ValueError("format must be iso, or have %Y, %m and %d")
        return self


class Suppression(Section):
    """Who must not be contacted, and what must be there before anybody may be."""

    not_required: dict[Required, Reason] = Field(
        {},
        description="objections and consents are required; one that is not, and why: kept with every list",
    )
    max_age_days: int = Field(
        1, ge=0, description="days that these sources may be older than the date of the list"
    )
    max_ahead_days: int = Field(
        1, ge=0, description="and newer: beyond, they are taken to be dated in the future"
    )
    min_match: float = Field(
        0.5, ge=0, le=1, description="share of their ids that must be those of known customers"
    )
    given: tuple[str, ...] = Field(("given",), min_length=1, description="texts of status: consent given")
    withdrawn: tuple[str, ...] = Field(("withdrawn",), min_length=1, description="consent withdrawn")
    channels: dict[str, tuple[str, ...]] = Field(
        {}, description="channel, as actions name it: other words for it in the sources"
    )
    purposes: dict[str, tuple[str, ...]] = Field({}, description="the same for purposes of consent")
    deceased: Marked | None = None
    fraud: Marked | None = Field(None, description="fraud or a dispute")
    staff: Marked | None = None
    test: Marked | None = Field(None, description="accounts of no real customer")
    minors: Minors | None = None
    complaint_types: tuple[str, ...] = Field(
        ("complaint",), description="interactions that stop marketing as long as they are open"
    )
    complaint_days: int = Field(
        90, ge=1, description="where no source has resolved_at, a complaint counts as open for so long"
    )
    cooldown_days: int = Field(
        30, ge=0, description="days without marketing after any contact, for actions that do not say"
    )
    yearly_cap: int = Field(12, ge=0, description="contacts of all actions together in 365 days")
    control_arms: tuple[str, ...] = Field(
        ("control",), description="arms of campaigns whose customers were not contacted"
    )
    recent_purchase: bool = Field(
        True, description="no marketing to who bought at the date of the list or since"
    )

    @property
    def required(self) -> tuple[Required, ...]:
        """The tables that must be there."""
        return tuple(table for table in REQUIRED if table not in self.not_required)

    @property
    def marks(self) -> dict[str, Marked]:
        """Reason -> the attribute that says it."""
        named = {"deceased": self.deceased, "fraud": self.fraud, "staff": self.staff, "test": self.test}
        return {reason: marked for reason, marked in named.items() if marked is not None}

    @model_validator(mode="after")
    def _words_differ(self) -> Suppression:
        both = {plain(word) for word in self.given} & {plain(word) for word in self.withdrawn}
        if both:
            raise ValueError(f"{min(both)!r} cannot mean both given and withdrawn")
        for key, words in (("channels", self.channels), ("purposes", self.purposes)):
            told = [plain(word) for name, others in words.items() for word in {name, *others}]
            if len(told) != len(set(told)):
                raise ValueError(f"{key}: a word stands for two of them")
        return self


def plain(text: str) -> str:
    r"""A word or an id as it is compared: canonical form, without case and outer spaces.

    >>> plain(" E-MAIL "), plain("Stra\u00dfe") == plain("STRASSE"), plain("e\u0301") == plain("\u00e9")
    ('e-mail', True, True)
    """
    from unicodedata import normalize

    # Canonical decomposition first: some letters fold otherwise than the parts they are made of.
    return normalize("NFC", normalize("NFD", normalize("NFD", text).casefold())).strip()


def refuse_lenient(place: str, source: Any) -> None:
    """What would let a row of these sources vanish is refused: each of them may be somebody's no."""
    lenient = {
        "max_quarantined": source.max_quarantined not in {None, 0},
        "expected_quarantine": bool(source.expected_quarantine),
        "since": source.since is not None,
        "until": source.until is not None,
        "conflicts": source.conflicts != "fail",
        "allow_empty": source.allow_empty,
        "id_normalise": source.id_normalise != "none",
    }
    for key, given in lenient.items():
        if given:
            instead = {
                "allow_empty": "; a person may say confirmed_empty: true",
                "id_normalise": "; ids are matched whatever their case, spaces and accents",
            }
            raise ValueError(
                f"{place}: {key} cannot be set here, no row may be left out{instead.get(key, '')}"
            )


def require(plan: Suppression | None, sources: Any) -> None:
    """Raise ``ValueError`` where ``plan`` needs a source or an attribute that the project does not have."""
    if plan is None:
        return
    for table in plan.required:
        if not getattr(sources, table):
            raise ValueError(
                f"suppression needs sources.{table}: map it, or say why it is not needed with "
                f'suppression.not_required: {{{table}: "..."}}'
            )
    kinds = {
        name: attribute.kind
        for table in ("customers", "snapshot")
        for source in getattr(sources, table)
        for name, attribute in source.attributes.items()
    }
    wanted: list[tuple[str, str, str | None]] = [
        (f"{reason}.attribute", marked.attribute, None) for reason, marked in plan.marks.items()
    ]
    if plan.minors is not None:
        wanted.append(("minors.birth_date", plan.minors.birth_date or "", "category"))
        wanted.append(("minors.age", plan.minors.age or "", "number"))
    for key, name, kind in wanted:
        if name and name not in kinds:
            raise ValueError(
                f"suppression.{key}: no source has an attribute {name}; add it under attributes, with "
                "use: suppression where it is for nothing else"
            )
        if name and kind not in {None, kinds[name]}:
            raise ValueError(f"suppression.{key}: the attribute {name} must be of kind {kind}")
