"""Sentences in English and French, in the marketer's words, with the usual value beside the own one.

They state what was seen. They never explain: the word of a cause is for people, not for a model.
"""

from __future__ import annotations

from typing import TypedDict

USUAL = {"en": "; usual here: {reference}", "fr": " ; habituel ici : {reference}"}


class Sentences(TypedDict):
    """The words of a feature, ready for ``Feature(..., **said(...))``: templates, and the French meaning."""

    en: str
    fr: str
    meaning_fr: str


def said(en: str, fr: str, days: int | None = None, *, usual: bool = True, means: str = "") -> Sentences:
    """Both templates; ``{period}`` becomes the window, and the usual value is added at the end.

    ``means``: the meaning in French; without it a French report shows the English one.

    >>> said("{value} {period}", "{value} {period}", 30)["fr"]
    '{value} sur les 30 derniers jours ; habituel ici : {reference}'
    """
    if days is not None:
        en, fr = en.replace("{period}", period_en(days)), fr.replace("{period}", period_fr(days))
    if usual:
        en, fr = en + USUAL["en"], fr + USUAL["fr"]
    return Sentences(en=en, fr=fr, meaning_fr=means)


def period_en(days: int) -> str:
    """``in the last 30 days``."""
    return "in the last day" if days == 1 else f"in the last {days} days"


def period_fr(days: int) -> str:
    """``sur les 30 derniers jours``."""
    return "sur le dernier jour" if days == 1 else f"sur les {days} derniers jours"
