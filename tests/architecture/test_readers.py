"""Documents are read where a key that occurs twice is refused: the usual readers keep the last one and say nothing."""

import ast

from tests.support.source import PACKAGES, dotted, modules

LENIENT = {"json.load", "json.loads", "yaml.load", "yaml.safe_load", "from_json", "pydantic_core.from_json"}
LENIENT_METHODS = {"model_validate_json", "validate_json"}

READERS = {
    "policies/strict_reading.py": "refuses duplicate keys",
    "trust/canonical.py": "refuses duplicate keys, or compares with the bytes written again",
    "trust/canonical_model.py": "compares with the bytes written again",
}
OWN_BYTES = {
    "consent_ledger/consents/sql_consents.py": "columns that this program wrote",
    "consent_ledger/log/erasure.py": "leaves and bodies of the own ledger, by the million",
    "consent_ledger/log/readings.py": "bodies of the own ledger",
    "consent_ledger/receipts/tlog_proof.py": "a body of the own ledger, written again in canonical form",
    "coordinator/entity_rows.py": "columns that this program wrote",
    "coordinator/locator/holders.py": "columns that this program wrote",
    "coordinator/persons.py": "columns that this program wrote",
    "node/recovery_waits.py": "a file of this node's own home",
    "node/training/model_trial.py": "columns that this program wrote",
    "coordinator/training/campaign_register.py": "columns that this program wrote",
    "federated/duplicates/person_weights.py": "sealed by this node",
    "federated/participation/enrolment.py": "columns of this node; a claim that is read again after its signature",
    "federated/storage/sql_budget.py": "columns that this program wrote",
    "node/consents/propagation/adoption.py": "columns that this program wrote",
    "node/fetch/cached_copies.py": "sealed by this node",
    "node/people/import_journal.py": "sealed by this node",
    "node/people/mapping_store.py": "sealed by this node",
    "node/people/store.py": "sealed by this node",
    "service/sheets/workbooks.py": "lines that a process of this program printed",
    "records_exchange/key_holding/query_log.py": "columns that this program wrote",
    "node/referrals/transfer.py": "sealed by this node",
    "node/rights/access_report/collecting.py": "bodies of the own ledger",
    "node/training/duplicate_check.py": "sealed by this node",
    "records_exchange/mailboxes.py": "columns that this program wrote",
}
"""Modules that read only what this program wrote from a model or a mapping, in which no key can occur twice."""


def _lenient_calls(tree: ast.Module) -> bool:
    return any(
        (
            isinstance(node, ast.Call)
            and (
                dotted(node.func) in LENIENT
                or (isinstance(node.func, ast.Attribute) and node.func.attr in LENIENT_METHODS)
            )
        )
        or (isinstance(node, ast.Attribute) and node.attr in LENIENT_METHODS)
        for node in ast.walk(tree)
    )


def test_every_document_is_read_where_a_key_occurs_once() -> None:
    found = {module.name for module in modules(*PACKAGES) if _lenient_calls(module.tree)}
    assert sorted(found - set(READERS) - set(OWN_BYTES)) == []


def test_the_exceptions_are_still_needed() -> None:
    found = {module.name for module in modules(*PACKAGES) if _lenient_calls(module.tree)}
    assert sorted((set(READERS) | set(OWN_BYTES)) - found) == []
