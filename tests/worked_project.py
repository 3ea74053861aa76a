"""The whole project of docs/campaigns.md, as the page makes it: its configuration and its commands."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "campaigns.md"


def blocks(language):
    """The blocks of the page in one language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def steps():
    """(command, [line that it prints, ...]) of every console block."""
    found = []
    for line in "".join(blocks("console")).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def write(folder):
    """The configurations, with that of the page made from its difference to the shipped one."""
    shutil.copytree(ROOT / "configs", folder / "configs")
    (difference,) = blocks("diff")
    text = (folder / "configs" / "synthetic.yaml").read_text("utf-8")
    for lines in re.findall(r"^[ -].*\n(?:\+.*\n)+", difference, re.MULTILINE):
        first, *added = lines.splitlines()
        assert text.count(f"\n{first[1:]}\n") == 1, f"not in the configuration: {first}"
        kept = [first[1:]] if first[0] == " " else []
        text = text.replace(
            f"\n{first[1:]}\n", "\n" + "\n".join([*kept, *(line[1:] for line in added)]) + "\n"
        )
    (folder / "configs" / "summer.yaml").write_text(text, encoding="utf-8")


def same(said, told):
    """Whether a printed line is the page's: the same words, and numbers no further away than machines are."""
    one, other = (re.split(r"[\s\[\],\"]+", line.replace("|", " ").strip()) for line in (said, told))
    return len(one) == len(other) and all(map(_alike, one, other))


def _alike(said, told):
    if re.fullmatch(r"[0-9a-f]{32}|\d{4}-\d\d-\d\dT.*", told):
        return len(said) == len(told)
    if re.fullmatch(r"[\d.]+%?", told) and re.fullmatch(r"[\d.]+%?", said):
        here, there = (float(each.rstrip("%")) for each in (said, told))
        return abs(here - there) <= max(0.02, 0.1 * abs(there), 5 * ("." not in told))
    return said == told
