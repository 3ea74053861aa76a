"""Who is left alone, so that what a campaign changes can be measured: drawn by a keyed hash of the id.

    holdout    HMAC(salt, epoch)(id)     mod 10,000 < share   no campaign of the epoch contacts them
    control    HMAC(salt, campaign)(id)  mod 10,000 < share   selected for this campaign, and left alone
    explore    other bits of the same    mod 10,000 < share   not selected, and contacted all the same

Where parents are contacted once, the holdout is drawn by their ids, for all their accounts.

A draw depends on the id, the salt and the campaign (the epoch), on nothing else: not on who else is
there, nor on the order or the number of runs. The price is that the share is met on average only. No
stratum is drawn again to meet it exactly, which would move people when others come and go; instead
``strata`` counts every quadrant and risk band, and names those that luck does not explain.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.campaign import PARTS
from churnlab.errors import ConfigError
from churnlab.strategy.actions import coded, texts

Flags = NDArray[np.bool_]
Draws = NDArray[np.uint64]  # evenly spread over all 64 bits

LEAST_SALT = 16  # letters
BLOCK = 64  # bytes of a block of SHA-256
UNLUCKY = 4.0  # standard deviations: one stratum in 16,000 by luck

NOBODY, TREATED, CONTROL, EXPLORE, HOLDOUT = 0, 1, 2, 3, 4
ARMS = ("", "treated", "control", "explore", "holdout")


def holdout_draws(ids: Any, salt: str, epoch: str | int) -> Draws:
    """(n,) one draw for each customer, the same in all campaigns of the epoch.

    ``ids``: texts, numpy or Arrow. ``salt``: the secret itself.
    """
    return _hashed(ids, _key(salt, "holdout", str(epoch)))[:, 0]


def campaign_draws(ids: Any, salt: str, campaign: str) -> tuple[Draws, Draws]:
    """Two independent draws for each customer, (n,) each: for control and for explore.

    >>> control, _ = campaign_draws(["a", "b"], "not much of a secret", "autumn")
    >>> again, _ = campaign_draws(["b"], "not much of a secret", "autumn")
    >>> bool(control[1] == again[0])
    True
    """
    draws = _hashed(ids, _key(salt, "campaign", campaign))
    return draws[:, 0], draws[:, 1]


def drawn(draws: Draws, share: float | NDArray[np.float64]) -> Flags:
    """Whose draw falls below ``share``: one for all, or one for each, (n,). A higher share adds people only.

    >>> drawn(np.array([499, 500, 70_000_123], np.uint64), 0.05).tolist()
    [True, False, True]
    """
    return np.asarray((draws % np.uint64(PARTS)).astype(np.int64) < np.rint(np.asarray(share) * PARTS))


def fingerprint(salt: str) -> str:
    """Sixteen letters that differ between salts and do not tell them: for what must change with the salt."""
    return _key(salt, "fingerprint", "").hex()[:16]


def _key(salt: str, purpose: str, name: str) -> bytes:
    if len(salt) < LEAST_SALT:
        raise ConfigError(
            f"campaign.salt: shorter than {LEAST_SALT} letters: the arms could be guessed",
            mend='set the variable to a long random text, such as: python -c "import secrets; '
            'print(secrets.token_hex(16))"',
        )
    # A NUL cannot be part of a name: no two purposes share a key.
    return hmac.digest(salt.encode(), f"{purpose}\0{name}".encode(), "sha256")


def _hashed(ids: Any, key: bytes) -> Draws:
    """(n, 4) HMAC-SHA256 of each id, UTF-8, as numbers; written out since it is twice as fast so."""
    block = key.ljust(BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    sha256 = hashlib.sha256
    found = [
        sha256(outer + sha256(inner + name.encode()).digest()).digest() for name in texts(ids).to_pylist()
    ]
    return np.frombuffer(b"".join(found), dtype=">u8").reshape(-1, 4).astype(np.uint64)


@dataclass(frozen=True)
class Stratum:
    """Those selected of one quadrant and risk band. ``expected``: controls if the share were met exactly.

    ``off``: how far the controls are from it, in standard deviations of such a draw.
    """

    quadrant: str
    risk_band: str
    selected: int
    control: int
    expected: float
    off: float

    @property
    def odd(self) -> bool:
        """Whether luck does not explain it: look for ids that were made up, or a list that was changed."""
        return abs(self.off) > UNLUCKY


def strata(
    arm: NDArray[np.int8], quadrant: Any, risk_band: Any, share: float | NDArray[np.float64]
) -> tuple[Stratum, ...]:
    """One row for each quadrant and risk band with anybody selected, and last all of them.

    ``arm``: (n,) codes into ``ARMS``. ``share``: of control, one for all or one for each, (n,).
    """
    chosen = (arm == TREATED) | (arm == CONTROL)
    control, rate = (
        (arm == CONTROL)[chosen],
        np.broadcast_to(np.asarray(share, np.float64), arm.shape)[chosen],
    )
    (quadrants, quadrant), (bands, band) = coded(quadrant), coded(risk_band)
    cell = (quadrant * len(bands) + band)[chosen]
    rows = [
        _stratum(str(quadrants[key // len(bands)]), str(bands[key % len(bands)]), control[mine], rate[mine])
        for key in np.unique(cell).tolist()
        for mine in [cell == key]
    ]
    return (
        *sorted(rows, key=lambda row: (row.quadrant, row.risk_band)),
        _stratum("all", "all", control, rate),
    )


def _stratum(quadrant: str, band: str, control: Flags, rate: NDArray[np.float64]) -> Stratum:
    # Whole parts of ten thousand: the sums do not depend on the order of the rows.
    parts = np.rint(rate * PARTS).astype(np.int64)
    expected = int(parts.sum()) / PARTS
    spread = np.sqrt(int((parts * (PARTS - parts)).sum())) / PARTS
    count = int(control.sum())
    off = (count - expected) / spread if spread > 0 else 0.0
    return Stratum(quadrant, band, len(control), count, expected, float(off))


def counts(arm: NDArray[np.int8]) -> dict[str, int]:
    """Customers of each arm, those in none left out."""
    return {name: int((arm == code).sum()) for code, name in enumerate(ARMS) if name}


def names(arm: Iterable[int]) -> NDArray[np.object_]:
    """(n,) the arms as texts, null for nobody."""
    shown = np.array([name or None for name in ARMS], dtype=object)
    return np.asarray(shown[np.asarray(arm, np.int64)], dtype=object)
