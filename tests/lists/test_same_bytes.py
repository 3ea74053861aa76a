"""Same inputs, same bytes: whatever the hash seed, zone, language, home and folder of the process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PUBLISH = """
import json, sys
from pathlib import Path
import numpy as np
from churnlab.lists.commit import publish
from churnlab.lists.write import together
from dataclasses import replace
from scored_people import FACTS, ranked, scored

people = scored([f"é{i:04d},x" for i in range(500)], [i % 7 / 10 for i in range(500)])
order = np.random.default_rng(int(sys.argv[2])).permutation(500)
with ranked(*map(people.take, np.array_split(order, int(sys.argv[2]) + 1))) as everybody:
    facts = replace(FACTS, strategies=everybody.totals)
    done = publish(Path(sys.argv[1]), "a" * 64, together(everybody), facts)
print(json.dumps({name: file["sha256"] for name, file in done.manifest["files"].items()}))
print(done.manifest["sha256"])
"""
SURROUNDINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "C"},
    {"PYTHONHASHSEED": "99", "TZ": "America/New_York", "PYTHONUTF8": "0", "OMP_NUM_THREADS": "1"},
)


def published(folder, number, surroundings):
    environment = {**os.environ, **surroundings, "HOME": str(folder), "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", PUBLISH, str(folder / "out"), str(number)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_whatever_surrounds_the_process(tmp_path):
    answers = set()
    for number, surroundings in enumerate(SURROUNDINGS):
        folder = tmp_path / str(number)
        folder.mkdir()
        answers.add(published(folder, number, surroundings))
    assert len(answers) == 1
    files, _ = answers.pop().splitlines()
    assert len(json.loads(files)) == 12


@pytest.mark.parametrize(
    "module", ["churnlab.lists.commit", "churnlab.strategy.quadrants", "churnlab.durable"]
)
def test_heavy_libraries_are_not_imported_with_it(module):
    program = f"import {module}, sys; print([m for m in ('pyarrow', 'pandas', 'mlflow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
