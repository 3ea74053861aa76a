"""A search for dials that is killed in the midst of a trial: FOLDER LOOKS.

A program of its own: the threads of XGBoost do not survive a fork.
"""

import itertools
import os
import signal
import sys
from pathlib import Path

from churnlab.config.project import Tuning
from churnlab.folds import Fold
from churnlab.models import boosted
from churnlab.tuning import tune
from customers import QUICK, drawn, on

PANEL = drawn(150)
FOLDS = [Fold(on(PANEL, 0), on(PANEL, 30), (0,), (30,))]
PLAN = Tuning(n_trials=8, most_trees=30)


def main(folder, looks):
    grown, grow = itertools.count(), boosted.grow

    def deadly(*args, watch, **how):
        def look(risk):
            if next(grown) == looks:
                os.kill(os.getpid(), signal.SIGKILL)
            return watch(risk)

        return grow(*args, watch=look, **how)

    boosted.grow = deadly
    tune(PANEL, FOLDS, QUICK, PLAN, folder=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
