"""A campaign's configuration: what is refused and in which words, secrets, and the catalogue of actions."""

import json

import pytest
import yaml

import shops
from churnlab import config
from churnlab.config import catalogue
from churnlab.config.campaign import MOMENTS, PHASES, QUADRANTS
from churnlab.errors import ConfigError

REASON = "none of this shop's customers is ever contacted"
SHOP = yaml.safe_load(shops.CONFIG) | {
    "churn": {"horizon_days": 60},
    "suppression": {"not_required": {"objections": REASON, "consents": REASON}},
}
CALL = {
    "action_id": "call",
    "label": {"en": "Call", "fr": "Appel"},
    "quadrants": ["win_back"],
    "channel": "phone",
    "contact_cost": 4,
    "save_rate": 0.12,
    "customer_benefit": "a person who listens",
    "consent_purpose": "marketing",
    "owner": "sales",
}
WHO = {"name": "autumn", "salt": "${env:CHURNLAB_SALT}", "epoch": 2026}


def campaign(**given):
    return config.from_mapping({**SHOP, "campaign": {**WHO, **given}}).campaign


def refused(**given):
    with pytest.raises(ConfigError, match=r"config: campaign|actions\.yaml") as caught:
        campaign(**given)
    assert caught.value.exit_code == 2
    return str(caught.value)


def action(**given):
    return campaign(actions=[{**CALL, **given}]).actions[0]


def test_without_the_section_there_is_no_campaign():
    assert config.from_mapping(SHOP).campaign is None


def test_defaults_and_the_built_in_actions():
    found = campaign()
    assert (found.control, found.holdout, found.explore) == (0.10, 0.05, 0.01)
    assert (found.budget, found.capacity, found.test_budget.customers) == (None, {}, 5_000)
    assert found.actions == config.built_in()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"salt": "correct horse battery"}, "campaign.salt: salt is a secret: write it as ${env:NAME}"),
        ({"sallt": "x"}, "campaign.sallt: unknown key; did you mean 'salt'?"),
        ({"name": "Autumn 26"}, "campaign.name: must be at most 64 small letters"),
        ({"epoch": 1.5}, "campaign.epoch: must be text or a whole number (got 1.5)"),
        ({"epoch": "2026 a"}, "campaign.epoch: epoch is at most 32 letters, digits, _ and -"),
        ({"control": 0.12345}, "campaign.control: a share that is drawn has at most four decimals"),
        ({"control": 0.9}, "campaign.control: must be a number from 0 to 0.5; leave it out for 0.1"),
        ({"budget": float("inf")}, "campaign.budget: must be a number of 0 or more"),
        ({"budget": -1}, "campaign.budget: must be a number of 0 or more"),
        ({"capacity": {"phone": -1}}, "campaign.capacity: phone: contacts must be 0 or more, not -1"),
        (
            {"capacity": {"phon": 9}},
            "campaign.capacity.phon: no action uses this channel; did you mean 'phone'?",
        ),
        ({"actions": []}, "campaign: actions is empty"),
        ({"actions": [CALL], "catalogue": "x.yaml"}, "campaign: give catalogue or actions, not both"),
        ({"actions": [CALL, CALL]}, "campaign: action_id call is used twice"),
        ({"catalogue": "../x.yaml"}, "campaign.catalogue: the file lies outside the project's root"),
    ],
)
def test_what_a_campaign_cannot_be(given, words):
    assert words in refused(**given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"save_rate": None}, "give save_rate or abs_reduction, one of them"),
        ({"abs_reduction": 0.1}, "give save_rate or abs_reduction, not both"),
        ({"save_rate": 1.2}, "actions.0.save_rate: must be a number from 0 to 1"),
        ({"backfire": -0.1}, "actions.0.backfire: must be a number from 0 to 1"),
        ({"contact_cost": -4}, "actions.0.contact_cost: must be a number of 0 or more (got -4)"),
        ({"quadrants": ["winback"]}, "did you mean 'win_back'? (got 'winback')"),
        ({"phases": ["declin"]}, "did you mean 'decline'? (got 'declin')"),
        ({"moments": ["rythm_slip"]}, "did you mean 'rhythm_slip'? (got 'rythm_slip')"),
        ({"uplift_low": 0.2}, "uplift_low lies above the effect itself, 0.12"),
        ({"evidence": "measured"}, "must be assumed, or measured and the run that measured it"),
        ({"customer_benefit": "  "}, "customer_benefit: a text here has 1 to 300 letters"),
        ({"label": {"en": "Call"}}, "actions.0.label.fr: this key is required"),
        ({"contact_kost": 4}, "contact_kost: unknown key; did you mean 'contact_cost'?"),
        ({"save_rate": None, "abs_reduction": 0.1, "backfire": 0.1}, "leave backfire out"),
        # What is forbidden in each strategy.
        ({"quadrants": ["release"], "contact_cost": 0, "incentive_cost": 5}, "no incentive for release"),
        ({"quadrants": [], "contact_cost": 0, "incentive_cost": 5}, "no incentive for release"),
        ({"quadrants": ["release"], "explore_only": True, "incentive_cost": 5}, "no incentive for release"),
        ({"quadrants": ["release"]}, "no paid contact for release"),
        ({"quadrants": ["retain"], "incentive_cost": 5}, "no blanket discount for retain"),
        ({"incentive_cost": 5}, "an offer to win back is made at most 2 times a year"),
        ({"incentive_cost": 5, "yearly_cap": 3}, "an offer to win back is made at most 2 times a year"),
    ],
)
def test_what_an_action_cannot_be(given, words):
    told = refused(actions=[{**CALL, **given}])
    assert words in told
    assert "campaign.actions.0" in told


def test_what_lies_just_inside_is_accepted():
    assert action(incentive_cost=5, yearly_cap=2).yearly_cap == 2
    assert action(quadrants=["release"], explore_only=True).contact_cost == 4
    assert action(quadrants=["release"], contact_cost=0).quadrants == ("release",)
    assert action(quadrants=["retain"], phases=["decline"], incentive_cost=5).incentive_cost == 5
    assert action(save_rate=None, abs_reduction=0.04, uplift_low=-0.01, evidence="measured r1").measured
    assert not action().measured


def test_a_literal_secret_is_never_shown():
    for key in ("salt", "salz", "secret"):
        assert "correct horse" not in refused(**{key: "correct horse"})


def test_the_salt_is_looked_up_only_when_it_is_used(monkeypatch):
    monkeypatch.delenv("CHURNLAB_SALT", raising=False)
    found = campaign()
    assert found.salt == "${env:CHURNLAB_SALT}"
    with pytest.raises(ConfigError, match=r"campaign\.salt: the environment variable CHURNLAB_SALT is not"):
        config.secret(found.salt, "campaign.salt")
    monkeypatch.setenv("CHURNLAB_SALT", "0123456789abcdef")
    assert config.secret(found.salt, "campaign.salt") == "0123456789abcdef"
    assert "0123456789abcdef" not in json.dumps(campaign().model_dump(mode="json"))


def test_a_catalogue_of_its_own_is_read_from_under_the_root(tmp_path):
    (tmp_path / "actions.yaml").write_text(yaml.safe_dump({"actions": [CALL]}), encoding="utf-8")
    shop = {**SHOP, "campaign": {**WHO, "catalogue": "actions.yaml", "capacity": {"phone": 3}}}
    assert [each.action_id for each in config.from_mapping(shop, folder=tmp_path).campaign.actions] == [
        "call"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("actions: [{action_id: call}]", r"actions\.yaml: actions\.0\.label: this key is required"),
        ("actions: []", r"actions\.yaml: actions: must be"),
        ("action: []", r"actions\.yaml: action: unknown key; did you mean 'actions'"),
        ("", r"actions\.yaml"),
        ("actions: &a []", r"actions\.yaml: line 1: anchors and tags are not allowed"),
        (json.dumps({"actions": [CALL, CALL]}), "action_id call is used twice"),
    ],
)
def test_mistakes_in_a_catalogue_name_its_file(tmp_path, text, words):
    (tmp_path / "actions.yaml").write_text(text, encoding="utf-8")
    shop = {**SHOP, "campaign": {**WHO, "catalogue": "actions.yaml"}}
    with pytest.raises(ConfigError, match=words):
        config.from_mapping(shop, folder=tmp_path)


def test_a_mistake_inside_a_list_is_not_told_as_a_list_that_is_too_short(tmp_path):
    path = tmp_path / "actions.yaml"
    path.write_text(json.dumps({"actions": [{**CALL, "contact_cost": -4}]}), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        catalogue.read(path)
    (line,) = str(caught.value).splitlines()
    assert "actions.0.contact_cost: must be a number of 0 or more" in line


def test_a_campaign_needs_to_know_what_customers_are_worth():
    orders = {**SHOP["sources"]["transactions"][0]}
    orders["columns"] = {key: each for key, each in orders["columns"].items() if key != "amount"}
    poor = {**SHOP, "sources": {**SHOP["sources"], "transactions": [orders]}}
    config.from_mapping(poor)
    with pytest.raises(ConfigError, match="campaign weighs what customers are worth"):
        config.from_mapping({**poor, "campaign": WHO})


def test_the_built_in_catalogue_has_something_for_every_strategy_and_assumes_it_all():
    actions = catalogue.built_in()
    for quadrant in QUADRANTS:
        assert any(quadrant in each.quadrants for each in actions)
    assert {each.evidence for each in actions} == {"assumed"}
    assert {moment for each in actions for moment in each.moments} <= set(MOMENTS)
    assert {phase for each in actions for phase in each.phases} <= set(PHASES)
    start = [each.action_id for each in actions if each.overlay]
    assert start == ["welcome", "second_purchase"]
    assert [each.action_id for each in actions if each.explore_only] == ["explore_release"]
    assert "assumption" in catalogue.BUILT_IN.read_text(encoding="utf-8")
