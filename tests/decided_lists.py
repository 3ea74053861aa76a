"""Customers, what speaks against contacting them, and a campaign: the lists that it makes of them."""

import io
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq

from actions_made import SALT
from churnlab.config.suppression import Suppression
from churnlab.lists.screen import Screen
from churnlab.lists.spool import Contacting
from churnlab.lists.suppression import Permissions
from churnlab.strategy.moments import Moments
from churnlab.workflow import contacting
from refusing import ZONE, facts
from scored_people import ranked, scored, texts

PLAN = Suppression(channels={"email": (), "phone": (), "post": ()}, purposes={"marketing": ()})


@dataclass
class World:
    """Customers, what is known of who must not be contacted, and a campaign."""

    people: object
    known: dict
    campaign: object

    def desk(self):
        permissions = Permissions(facts(**self.known), PLAN)
        return Contacting(Screen(permissions, self.campaign.actions, ZONE), self.campaign, SALT)


def made(n, value, close, risk, phase, moments):
    """``n`` scored customers, c00 and on."""
    due = np.full(n, "NaT", dtype="datetime64[D]")
    found = Moments(texts(moments), due, texts(moments))
    ids = [f"c{place:02d}" for place in range(n)]
    return scored(ids, risk, value, close, phase=texts(phase), moments=found)


def files(world, *blocks):
    """(name -> bytes of every file beside the manifest, everybody in list order as ranked)."""
    with ranked(*(blocks or [world.people]), formula_policy="escape", contacting=world.desk()) as everybody:
        found = {}
        for together in contacting.passes(everybody, "lf"):
            open_ = {name: io.BytesIO() for name in together.files}
            together.write(open_)
            found |= {name: file.getvalue() for name, file in open_.items()}
    return found, everybody


def rows(found, name="all"):
    """The rows of one of the files."""
    return pq.read_table(io.BytesIO(found[f"{name}.parquet"])).to_pylist()
