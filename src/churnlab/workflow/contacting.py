"""Who of those scored is contacted: set up before they are placed, told after, looked at once more last."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from churnlab.config import Campaign, Project, secret
from churnlab.durable import on_disk, write_whole
from churnlab.lists import audit, control, last_check, write
from churnlab.lists.commit import Together
from churnlab.lists.last_check import Refused
from churnlab.lists.screen import Screen
from churnlab.lists.spool import Contacting, Ranked
from churnlab.workflow.opening import out_folder
from churnlab.workflow.suppressing import Suppressing

SALT = "campaign.salt"  # the file of a secret that nobody has configured


def setting(project: Project, refusing: Suppressing | None) -> Contacting | None:
    """What decides who is contacted; None in a project that suppresses nobody and has no campaign."""
    campaign = project.campaign
    if campaign is None and refusing is None:
        return None
    permissions = None if refusing is None else refusing.permissions
    actions = () if campaign is None else campaign.actions or ()
    screen = Screen(permissions, actions, project.time_zone)
    if campaign is None:
        return Contacting(screen)
    return Contacting(screen, campaign, _salt(project, campaign))


def _salt(project: Project, campaign: Campaign) -> str:
    """The project's own secret, or one that is drawn once and kept where only its owner reads it."""
    if campaign.salt is not None:
        return secret(campaign.salt, "campaign.salt")
    path = out_folder(project) / SALT
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{secrets.token_hex(32)}\n".encode(), private=True)
    with on_disk(path):
        return path.read_bytes().decode(errors="replace").strip()


def inputs(contacting: Contacting | None) -> dict[str, str]:
    """What the lists follow from beside the sources: the secret, by a mark that does not tell it."""
    if contacting is None or contacting.campaign is None:
        return {}
    return {"campaign.salt": control.fingerprint(contacting.salt)}


def passes(ranked: Ranked, newline: Literal["lf", "crlf"]) -> list[Together]:
    """The lists, and beside them who was kept off."""
    lists = write.together(ranked, newline)
    if ranked.excluded is None:
        return [lists]
    kept_off = audit.outputs(ranked.excluded, newline)
    return [lists, *(Together.alone(name, output) for name, output in kept_off.items())]


def last_look(ranked: Ranked, refusing: Suppressing | None) -> Callable[[Path], object] | None:
    """A look at the very bytes that would be published: nobody who is suppressed stands in them."""
    if refusing is None:
        return None
    # Sources may spell the ids of who says no in their own way; who was kept off is known by the very id,
    # since consent counts for that id only: "AB-1" may be listed where "ab-1", who did not agree, is not.
    kept_off = None if ranked.excluded is None else ranked.excluded["customer_id"]
    refused = Refused(refusing.permissions.refused(), exactly=kept_off)

    def look(stage: Path) -> int:
        lists = [
            path
            for path in stage.iterdir()
            if path.suffix in {".csv", ".parquet"} and path.stem != audit.NAME
        ]
        return last_check.check(lists, refused, refusing.permissions.same)

    return look
