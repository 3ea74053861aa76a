"""A small shop with a campaign: who bought what, who refused, who agreed to which channel, all in files."""

import pandas as pd

import shops

SALT = "a salt of the shop that nobody guesses"
IDS = [f"client-{who:04d}" for who in range(300)]
HEADER = "id,at,channel,purpose,status\n"
# Who the people are, who refused and who agreed: after where the people are read from.
REFUSALS = """      columns: {customer_id: who}
      attributes:
        town: {column: town, kind: category, static: true}
        state: {column: state, kind: category, use: suppression}
  objections:
    - {name: refused, files: [refused.csv], columns: {customer_id: id}, complete_until: 2025-05-01}
  consents:
    - name: answers
      files: [answers.csv]
      times: {format: iso, zone: UTC}
      columns: {customer_id: id, time: at, channel: channel, purpose: purpose, status: status}
      complete_until: 2025-05-01
suppression:
"""
CONFIG = (
    """
project: shop
time_zone: UTC
currency: EUR
sources:
  transactions:
    - name: orders
      files: [orders.csv]
      times: {format: iso, zone: UTC}
      columns: {customer_id: who, time: at, amount: amount}
      complete_until: 2025-05-01
  customers:
    - name: people
      files: [people.csv]
"""
    + REFUSALS
    + """  max_ahead_days: 100
  deceased: {attribute: state, values: [dead]}
campaign:
  name: spring
  salt: ${env:SHOP_SALT}
  epoch: 2025
  budget: 60
  capacity: {phone: 12}
  control: 0.2
  holdout: 0.1
  explore: 0.1
  test_budget: {customers: 30, control: 0.3}
  actions:
    - action_id: mail
      label: {en: A letter, fr: Une lettre}
      quadrants: [retain, win_back, rationalise]
      channel: email
      contact_cost: 0.5
      save_rate: 0.2
      uplift_low: 0.1
      evidence: measured autumn
      customer_benefit: news
      consent_purpose: marketing
      owner: letters
    - action_id: call
      label: {en: A call, fr: Un appel}
      quadrants: [retain, win_back]
      channel: phone
      contact_cost: 4
      save_rate: 0.4
      customer_benefit: help
      consent_purpose: marketing
      owner: sales
churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)


def answers():
    """Everybody is asked twice; not all agree, and some no longer do."""
    rows = []
    for who, client in enumerate(IDS):
        if who % 5:
            rows.append(f"{client},2024-06-01,email,marketing,given")
        if who % 3:
            rows.append(f"{client},2024-06-01,phone,marketing,given")
        if who % 11 == 4:
            rows.append(f"{client},2024-09-01,email,marketing,withdrawn")
    return HEADER + "\n".join(rows) + "\n"


def refused():
    """Nobody contacts these."""
    return "id\n" + "".join(f"{client}\n" for who, client in enumerate(IDS) if who % 29 == 6)


def dead(who):
    """Whether the client of this number has died."""
    return who % 50 == 7


def consents(who):
    """The channels on which the client of this number may be contacted, by the rules above."""
    email = who % 5 != 0 and who % 11 != 4
    return {name for name, yes in (("email", email), ("phone", who % 3 != 0)) if yes}


def write(folder):
    """The files and the configuration ``shop.yaml``."""
    orders = shops.orders(seed=5, stays=20)
    orders["who"] = "client-" + orders["who"]
    orders["at"] = orders["at"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    orders.to_csv(folder / "orders.csv", index=False)
    people = {
        "who": IDS,
        "town": [("Oslo", "Bergen")[who % 2] for who in range(300)],
        "state": ["dead" if dead(who) else "alive" for who in range(300)],
    }
    pd.DataFrame(people).to_csv(folder / "people.csv", index=False)
    (folder / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    say(folder)


def say(folder):
    """What was said, in order again after a test has broken it."""
    (folder / "refused.csv").write_text(refused(), encoding="utf-8")
    (folder / "answers.csv").write_text(answers(), encoding="utf-8")
