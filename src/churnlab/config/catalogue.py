"""The actions of a campaign: those of the project, of a file of its own, or the built-in ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from churnlab.config import mistakes
from churnlab.config.campaign import Action, Campaign, Catalogue
from churnlab.config.plain_yaml import parse, text_of
from churnlab.config.project import Project
from churnlab.errors import ConfigError, did_you_mean

BUILT_IN = Path(__file__).with_name("default_actions.yaml")


def filled(project: Project, where: str) -> Project:
    """The same project with ``campaign.actions`` all there, whatever they were read from.

    So the resolved configuration holds what the lists follow from, not the name of a file.
    """
    campaign = project.campaign
    if campaign is None:
        return project
    actions = campaign.actions
    if actions is None:
        actions = built_in() if campaign.catalogue is None else _of_file(campaign, project, where)
    _channels_exist(campaign, actions, where)
    return project.model_copy(update={"campaign": campaign.model_copy(update={"actions": actions})})


@cache
def built_in() -> tuple[Action, ...]:
    """The default catalogue: every effect and cost in it is an assumption."""
    return read(BUILT_IN)


def read(path: Path) -> tuple[Action, ...]:
    """The actions of a file; ``ConfigError`` with a line a mistake."""
    found = parse(text_of(path), str(path))
    try:
        return Catalogue.model_validate(found).actions
    except ValidationError as error:
        raise ConfigError("\n".join(mistakes.lines(error, str(path), Catalogue))) from None


def _of_file(campaign: Campaign, project: Project, where: str) -> tuple[Action, ...]:
    root = Path(project.root).resolve()
    path = (root / str(campaign.catalogue)).resolve()
    if not path.is_relative_to(root):
        raise ConfigError(
            f"{where}: campaign.catalogue: the file lies outside the project's root",
            got=str(campaign.catalogue),
            mend="put it under the project's root",
        )
    return read(path)


def _channels_exist(campaign: Campaign, actions: tuple[Action, ...], where: str) -> None:
    known = sorted({action.channel for action in actions})
    for channel in campaign.capacity:
        if channel not in known:
            hint = did_you_mean(channel, known)
            raise ConfigError(
                f"{where}: campaign.capacity.{channel}: no action uses this channel{hint}",
                mend=f"use one of {', '.join(known)}",
            )
