"""Who of those scored is contacted: set up before they are placed, told after, looked at once more last."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from churnlab.config import Campaign, Project, secret
from churnlab.durable import on_disk, write_whole
from churnlab.errors import ConfigError
from churnlab.lists import audit, control, last_check, second_look, write
from churnlab.lists.commit import Together
from churnlab.lists.last_check import Refused
from churnlab.lists.previous import Previous
from churnlab.lists.screen import Screen
from churnlab.lists.spool import Contacting, Ranked
from churnlab.workflow import suppressing
from churnlab.workflow.opening import Opened, out_folder
from churnlab.workflow.suppressing import Suppressing

SALT = "campaign.salt"  # the file of a secret that nobody has configured


def setting(
    project: Project, refusing: Suppressing | None, previous: Previous | None, *, keep: bool = True
) -> Contacting | None:
    """What decides who is contacted; None in a project that suppresses nobody and has no campaign.

    ``keep``: write a secret that has to be drawn; else it is of the moment.
    Raises ConfigError where the secret is not that of the lists before: other people would be left alone.
    """
    campaign = project.campaign
    if campaign is None and refusing is None:
        return None
    permissions = None if refusing is None else refusing.permissions
    actions = () if campaign is None else campaign.actions or ()
    screen = Screen(permissions, actions, project.time_zone)
    if campaign is None:
        return Contacting(screen)
    contacting = Contacting(screen, campaign, _salt(project, campaign, keep=keep))
    before = None if previous is None else previous.drawn_with
    mark = control.fingerprint(contacting.salt)
    if previous is not None and before is not None and before[0] == campaign.epoch and before[1] != mark:
        raise ConfigError(
            f"campaign.salt is not the secret of the lists of {previous.as_of}: others would be held out",
            got=f"another secret in the same epoch, {campaign.epoch}",
            mend=f"put the secret back (the variable, or the file {SALT} in the project's output folder), or "
            "begin another campaign.epoch",
        )
    return contacting


def is_undrawn(project: Project) -> bool:
    """Whether the arms are drawn with a secret of our own, and none is kept yet."""
    campaign = project.campaign
    return campaign is not None and campaign.salt is None and not (out_folder(project) / SALT).exists()


def _salt(project: Project, campaign: Campaign, *, keep: bool) -> str:
    """The project's own secret, or one that is drawn once and kept where only its owner reads it."""
    if campaign.salt is not None:
        return secret(campaign.salt, "campaign.salt")
    path = out_folder(project) / SALT
    if is_undrawn(project):
        drawn = secrets.token_hex(32)
        if not keep:
            return drawn
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{drawn}\n".encode(), private=True)
    with on_disk(path):
        return path.read_bytes().decode(errors="replace").strip()


def notes(
    opening: Opened, contacting: Contacting | None, previous: Previous | None, day: dt.date
) -> Iterator[str]:
    """What the reader of the first lists should know, and what makes an action or a cooldown idle."""
    if contacting is None:
        return
    yield from _of_the_past(opening, day)
    ways: dict[tuple[str, str], list[str]] = {}
    for action in contacting.screen.unheard:
        ways.setdefault((action.channel, action.consent_purpose), []).append(action.action_id)
    for (channel, purpose), actions in sorted(ways.items()):
        yield (
            f"nobody has agreed to {purpose} by {channel}: {', '.join(actions)} can reach no one; "
            "suppression.channels and suppression.purposes name other words for them"
        )
    for count in opening.tables.counts:
        if count.table == "campaigns" and count.quarantined:
            aside = f"the {count.quarantined:,} rows set aside count for no cooldown or cap"
            yield f"campaigns.{count.source}: {aside}"
    campaign = contacting.campaign
    if is_undrawn(opening.project):
        yield (
            "no secret to draw the arms with is kept yet: this dry run drew one of the moment, and the first "
            "real run draws its own, so that others are left alone and who is contacted differs"
        )
    elif campaign is not None and campaign.salt is None and (previous is None or previous.drawn_with is None):
        yield (
            f"the arms are drawn with the secret in {out_folder(opening.project) / SALT}: keep it, or name "
            "one of your own as campaign.salt"
        )


def _of_the_past(opening: Opened, day: dt.date) -> Iterator[str]:
    """Where orders go on after the date of the lists, whom that keeps off them."""
    plan, until = opening.project.suppressing, opening.tables.watermarks.get("transactions")
    if plan is None or not plan.recent_purchase or until is None:
        return
    later = (opening.calendar.date(until) - day).days
    if later > 1:
        yield (
            f"the transactions go on for {later:,} days after these lists, and who bought since gets no "
            "marketing (recent_purchase): to see what lists of the past would have been, "
            "--set suppression.recent_purchase=false"
        )


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


def last_look(
    opening: Opened, ranked: Ranked, contacting: Contacting | None, refusing: Suppressing | None
) -> Callable[[Path], object] | None:
    """A look at the very bytes that would be published: nobody who is suppressed stands in them.

    Last of all the sources are read again: somebody may have said no while the lists were written.
    """
    at_bytes = look_at_bytes(ranked, contacting, refusing)
    if at_bytes is None:
        return None

    def look(stage: Path) -> None:
        at_bytes(stage)
        suppressing.confirm(opening, refusing)

    return look


def look_at_bytes(
    ranked: Ranked, contacting: Contacting | None, refusing: Suppressing | None
) -> Callable[[Path], object] | None:
    """The same without the sources; None where nobody is suppressed."""
    if refusing is None or contacting is None:
        return None
    # Sources may spell the ids of who says no in their own way; who was kept off is known by the very id,
    # since consent counts for that id only: "AB-1" may be listed where "ab-1", who did not agree, is not.
    kept_off = None if ranked.excluded is None else ranked.excluded["customer_id"]
    actions = contacting.screen.actions
    allows = second_look.actions_allowed(refusing.permissions, actions) if actions else None
    refused = Refused(refusing.permissions.refused(), kept_off, allows)

    def look(stage: Path) -> None:
        files = [path for path in stage.iterdir() if path.suffix in {".csv", ".parquet"}]
        lists = [path for path in files if path.stem != audit.NAME]
        last_check.check(lists, refused, refusing.permissions.same)

    return look
