"""What the pages say is true: their Python runs, their YAML loads, their links lead somewhere."""

import json
import re
from pathlib import Path

import pytest
import yaml

import deliveries
from churnlab import cli, config
from churnlab.config.profiles import PROFILES
from churnlab.explain.report import PARTS
from churnlab.explain.wording import words

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page, language):
    return re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_whole_config_of_a_page_loads(page):
    for text in blocks(page, "yaml"):
        config.from_mapping(yaml.safe_load(text))


def test_the_reference_is_the_one_the_code_makes():
    names = {"__file__": str(ROOT / "docs" / "make_reference.py"), "__name__": "make_reference"}
    exec((ROOT / "docs" / "make_reference.py").read_text(encoding="utf-8"), names)
    made = names["page"]()
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == made, "run: python docs/make_reference.py"


def test_every_bracket_of_a_type_in_the_reference_is_closed():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    types = re.findall(r"^\| `\w+` \| `(.*?)` \|", page, re.MULTILINE)
    assert len(types) > 200
    assert [each for each in types if each.count("[") != each.count("]") or "Annotated" in each] == []


def test_the_page_on_the_report_tells_of_every_chapter_in_its_order():
    page = (ROOT / "docs" / "reading-the-report.md").read_text(encoding="utf-8")
    say = words("en")
    for part, chapters in PARTS.items():
        section = re.search(rf"^## {say[f'part_{part}']}\n(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL)[1]
        told = re.findall(r"^### (.*)$", section, re.MULTILINE)
        assert told == [say[f"section_{chapter}"] for chapter in chapters]


def test_the_page_on_campaigns_runs_as_it_stands():
    page, names = ROOT / "docs" / "campaigns.md", {}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), names)
    assert names["few"].detectable < 0.06
    rows = re.findall(r"^\| ([A-F]) \|.*$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == list("ABCDEF")
    cells = [
        line.split(" | ")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line[:3] in {f"| {row}" for row in rows}
    ]
    assert [float(cell[6]) for cell in cells if len(cell) == 9] == names["saved"].round(1).tolist()


def test_the_page_on_overlays_runs_as_it_stands():
    page, names = ROOT / "docs" / "overlays.md", {}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), names)
    found = names["found"]
    text = page.read_text(encoding="utf-8")
    for told in (found.type, found.profile):
        assert f"# {', '.join(told)}" in text
    assert [f"{score:.3g}" for score in found.economic] == ["50", "25", "66.7"]


def test_the_page_on_delivery_runs_as_it_stands(tmp_path, monkeypatch):
    page = ROOT / "docs" / "delivery.md"
    deliveries.publish(tmp_path)
    monkeypatch.chdir(tmp_path)
    Path("shop.yaml").write_text(blocks(page, "yaml")[0], encoding="utf-8")
    names = {}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), names)
    record = json.loads((names["folder"] / "delivery.json").read_text())
    assert record["layout"]["columns"]["churn_risk"] == "Leaving_Risk__c"
    assert {path.suffix for path in names["folder"].iterdir()} == {".csv", ".parquet", ".json"}


def test_the_page_on_delivery_says_what_the_profiles_are():
    page = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    (heading,) = re.findall(r"^\| \| (generic .*) \|$", page, re.MULTILINE)
    told = {
        row.split("|")[1].strip(): [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[2:-1]]
        for row in re.findall(r"^\|.*\|$", page.split("## Profiles")[1].split("## Once")[0], re.MULTILINE)
    }
    assert heading.split(" | ") == list(PROFILES)
    rules = list(PROFILES.values())
    assert told["id"] == [f"`{rule.id}`" for rule in rules]
    assert told["`churn_risk`"] == [f"`{rule.header('churn_risk')}`" for rule in rules]
    assert told["no value"] == [f"`{rule.missing}`" if rule.missing else "empty" for rule in rules]
    assert told["largest file"] == [
        f"{rule.part_bytes // 10**6} MB" if rule.part_bytes else "-" for rule in rules
    ]
    assert told["byte order mark"] == ["`bom: true`" if rule.bom else "-" for rule in rules]
    assert told["line end"] == ["LF" if rule.newline == "lf" else "of the lists" for rule in rules]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_exists(page):
    """Lines of its blocks that begin with churnlab, also after a cron line's place, and its Python."""
    known = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    text = "\n".join(re.findall(r"^```\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    told = re.findall(r"(?:^|&& |/)churnlab +([a-z]+)", text, re.MULTILINE)
    told += re.findall(r'op_args=\["([a-z]+)"', page.read_text("utf-8"))
    assert set(told) <= known


def test_the_weekly_job_is_python():
    (dag,) = [code for code in blocks(ROOT / "docs" / "operations.md", "python") if "airflow" in code]
    compile(dag, "operations.md", "exec")


@pytest.mark.slow
def test_the_page_on_own_data_runs_as_it_stands(tmp_path, monkeypatch, tracked):
    page = ROOT / "docs" / "own-data.md"
    monkeypatch.chdir(tracked)
    Path("shop.yaml").write_text(blocks(page, "yaml")[0], encoding="utf-8")
    names = {}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), names)
    assert names["auroc"].estimate > 0.6
    assert (names["done"].scored.folder / "all.csv").stat().st_size > 10_000
    assert Path("out/shop/report.html").stat().st_size > 10_000
