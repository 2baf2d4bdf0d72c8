"""The audit of a whole export by the installed command, in a process of its own: its seconds and its memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from consent_ledger.exports.ledger_export import POLICY_FILE, export_ledger
from consent_ledger.log.actors import Actor
from consent_ledger.log.bodies import ConsentBody, Notice, RefusalBody, ReleaseBody, WithdrawalBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.sql_store import SqlLedgerStore
from consent_ledger.proofs.note import NoteSigner
from policies.notices import load_notices
from service.storage import snapshot, transaction
from tests.benchmarks.ledger import NOW

_AUDITOR = """
from tests.benchmarks.memory import tell_at_exit
tell_at_exit()
from consent_ledger.cli.app import main
main()
"""
_CHUNK = 10_000
_SHOWN = load_notices().current()
_NOTICE = Notice(id=_SHOWN.id, version=_SHOWN.version, sha256=_SHOWN.sha256)


@dataclass(frozen=True, slots=True)
class Audited:
    """What it took."""

    entries: int
    export_seconds: float
    seconds: float
    """Processor time of the auditor, on one core."""
    megabytes: float
    """Its largest resident size."""


def audit_of(engine: Engine, signer: NoteSigner, folder: Path, entries: int) -> Audited:
    """Write a ledger of consents, releases, refusals and withdrawals; export it; audit the export.

    Raises:
        RuntimeError: the audit found something, which there is not.
    """
    source = history()
    for _ in range(0, entries, _CHUNK):
        with transaction(engine) as session:
            ConsentLedger(SqlLedgerStore(session), signer).append(list(islice(source, min(_CHUNK, entries))), NOW)
    target = folder / "export"
    started = time.perf_counter()
    with snapshot(engine) as session:
        size = export_ledger(ConsentLedger(SqlLedgerStore(session), signer), target).size
    exported = time.perf_counter() - started
    command = [sys.executable, "-c", _AUDITOR, "verify", str(target), "--policy", str(target / POLICY_FILE)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as auditor:
        told = auditor.stderr.read() if auditor.stderr else ""
        _, status, usage = os.wait4(auditor.pid, 0)
        auditor.returncode = os.waitstatus_to_exitcode(status)
    if auditor.returncode:
        raise RuntimeError(f"the audit ended with {auditor.returncode}: {told}")
    return Audited(size, exported, usage.ru_utime + usage.ru_stime, float(told.split()[-1]))


def history() -> Iterator[NewEntry]:
    """Iterate over what happens at an entity: of every ten entries one is a consent and seven are releases under it."""
    number = 0
    while True:
        consent = f"{number:032x}"
        person = f"{number:032d}"
        yield NewEntry(EntryType.CONSENT_GIVEN, _consent(consent, person))
        for count in range(7):
            yield NewEntry(EntryType.RELEASE, _release(f"{number:028x}{count:04x}", consent, person))
        yield NewEntry(EntryType.REFUSAL, _refusal(f"{number:028x}ffff"))
        withdrawal = WithdrawalBody(consent_id=consent, person_ref=person, acted_by=Actor.PERSON, method="in_person")
        yield (
            NewEntry(EntryType.CONSENT_WITHDRAWN, withdrawal)
            if number % 2
            else NewEntry(EntryType.REFUSAL, _refusal(f"{number:028x}fffe"))
        )
        number += 1


def _consent(consent: str, person: str) -> ConsentBody:
    return ConsentBody(
        consent_id=consent,
        person_ref=person,
        controller="leon",
        fields=("person.birth_year", "household.size", "benefit.kind"),
        purposes=("case_coordination",),
        recipients=("burgos", "soria"),
        valid_from=NOW,
        valid_until=NOW + timedelta(days=365),
        acted_by=Actor.PERSON,
        notice=_NOTICE,
        language="es",
        method="in_person",
    )


def _release(request: str, consent: str, person: str) -> ReleaseBody:
    return ReleaseBody(
        request_id=request,
        request_sha256="0" * 64,
        person_ref=person,
        recipient="burgos",
        purpose="case_coordination",
        role="social_worker",
        fields=("person.birth_year", "household.size"),
        consents=(consent,),
        policy_sha256="0" * 64,
    )


def _refusal(request: str) -> RefusalBody:
    return RefusalBody(
        request_id=request,
        request_sha256="0" * 64,
        recipient="burgos",
        purpose="case_coordination",
        reason="nothing_to_share",
    )
