"""What each kind of churn needs beside its own settings: without it there is nothing to tell it by."""

from __future__ import annotations

from churnlab.config.campaign import Campaign
from churnlab.config.churn import Churn
from churnlab.config.sources import Source, Sources


def require(churn: Churn, sources: Sources, lost_after_days: int | None) -> None:
    """Raise ``ValueError`` where ``churn.kind`` cannot be told from these sources."""
    if churn.kind == "contractual":
        _contracts_tell_ends(churn, sources)
    if churn.kind == "win_back" and lost_after_days is None:
        raise ValueError("churn.kind is win_back: lost_after_days must say when a customer is lost")
    if churn.kind == "partial":
        _amounts_tell_declines(sources)


def require_value(sources: Sources, campaign: Campaign | None) -> None:
    """Raise ``ValueError`` where there is a campaign, and nothing says what customers are worth."""
    amounts = [source for source in sources.transactions if {"amount", "margin"} & _mapped(source)]
    supplied = [source for source in sources.snapshot if "value" in _mapped(source)]
    if campaign is not None and not amounts and not supplied:
        raise ValueError(
            "campaign weighs what customers are worth against what contacts cost: columns.amount or "
            "columns.margin of sources.transactions, or columns.value of sources.snapshot, must say it"
        )


def _contracts_tell_ends(churn: Churn, sources: Sources) -> None:
    needed = ["end"] + ["reason"] * bool(churn.contract.involuntary_reasons)
    if not sources.contracts:
        raise ValueError("churn.kind is contractual, and there are no sources.contracts")
    for source in sources.contracts:
        for meaning in needed:
            if meaning not in _mapped(source):
                raise ValueError(f"contracts.{source.name}: columns.{meaning} is required by churn")


def _amounts_tell_declines(sources: Sources) -> None:
    if not sources.transactions:
        raise ValueError(
            "churn.kind is partial, which compares what customers brought, and there are no "
            "sources.transactions: of a snapshot table the label is supplied"
        )
    if not any({"amount", "margin"} & _mapped(source) for source in sources.transactions):
        raise ValueError(
            "churn.kind is partial, which compares what customers brought: columns.amount or "
            "columns.margin of sources.transactions must say it"
        )


def _mapped(source: Source) -> set[str]:
    return {*source.columns, *source.constants}
