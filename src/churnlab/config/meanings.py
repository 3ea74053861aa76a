"""What the columns of each table can mean: the vocabulary that sources are mapped to."""

from __future__ import annotations

# For each table: what its columns mean. (kind, required); customer_id is required everywhere.
TABLES: dict[str, dict[str, tuple[str, bool]]] = {
    "transactions": {
        "customer_id": ("id", True),
        "time": ("time", True),
        "recorded_at": ("time", False),
        "amount": ("money", False),
        "margin": ("money", False),
        "discount": ("money", False),
        "quantity": ("number", False),
        "order_id": ("text", False),
        "event_id": ("text", False),
        "type": ("text", False),
        "product": ("text", False),
        "family": ("text", False),
        "category": ("text", False),
        "brand": ("text", False),
        "channel": ("text", False),
        "store": ("text", False),
        "currency": ("text", False),
    },
    "interactions": {
        "customer_id": ("id", True),
        "time": ("time", True),
        "recorded_at": ("time", False),
        "type": ("text", True),
        "direction": ("text", False),
        "channel": ("text", False),
        "campaign": ("text", False),
        "product": ("text", False),
        "event_id": ("text", False),
        "score": ("number", False),
        "resolved_at": ("time", False),
    },
    "customers": {
        "customer_id": ("id", True),
        "valid_from": ("time", False),
        "valid_to": ("time", False),
        "joined_at": ("time", False),
        "parent": ("id", False),
    },
    "contracts": {
        "customer_id": ("id", True),
        "contract_id": ("text", False),
        "time": ("time", True),
        "end": ("time", False),
        "recorded_at": ("time", False),
        "amount": ("money", False),
        "type": ("text", False),
        "reason": ("text", False),
    },
    "campaigns": {
        "customer_id": ("id", True),
        "time": ("time", True),
        "recorded_at": ("time", False),
        "campaign": ("text", True),
        "channel": ("text", False),
        "arm": ("text", False),
        "action": ("text", False),
        "event_id": ("text", False),
    },
    "snapshot": {
        "customer_id": ("id", True),
        "label": ("text", True),
        "value": ("money", False),
    },
    "objections": {
        "customer_id": ("id", True),
        "time": ("time", False),
        "channel": ("text", False),
        "reason": ("text", False),
        "exported_at": ("time", False),
    },
    "consents": {
        "customer_id": ("id", True),
        "time": ("time", True),
        "recorded_at": ("time", False),
        "channel": ("text", True),
        "purpose": ("text", True),
        "status": ("text", True),
        "exported_at": ("time", False),
    },
    "aliases": {
        "customer_id": ("id", True),
        "alias": ("id", True),
        "exported_at": ("time", False),
    },
}

# Who must not be contacted. No feature, label or model reads these: they serve no other purpose.
SUPPRESSION = ("objections", "consents", "aliases")
HISTORIES = tuple(table for table in TABLES if table not in SUPPRESSION)
