from datetime import timedelta
from typing import Any

import pytest

from tests.support.clock import START, FrozenClock
from tests.support.parts import NETWORK, SignedDirectory, keys_of, party_of
from tests.support.recoveries import listed_party, recovery_of
from trust.approved_acts import require_approvals
from trust.directory import Directory
from trust.errors import ApprovalRefused
from trust.parties import EntityKind, EntityStatus, Party
from trust.signing import Ed25519Signer
from trust.two_persons import Act, ActKind, ApprovedAct, Person, approve, approvers, encode_act

KEYS = {name: Ed25519Signer.generate() for name in ("ana", "luis", "eva")}
SECRET = "e" * 64


def persons(*names: str) -> tuple[Person, ...]:
    return tuple(Person(id=name, key=KEYS[name].public_key.hex()) for name in names)


def approved(kind: ActKind, *by: str, record: int = 1, **stated: Any) -> ApprovedAct:
    act = Act(network=NETWORK, kind=kind, record=record, time=START, **stated)
    payload = encode_act(act)
    return ApprovedAct(payload=payload, approvals=tuple(approve(payload, name, KEYS[name], START) for name in by))


TWO = (approved(ActKind.PERSONS, record=0, persons=persons("ana", "luis"), needed=2),)
LEON = listed_party(party_of("leon", keys_of("leon")))


def directory(*parties: Party, records: tuple[ApprovedAct, ...] = TWO) -> Directory:
    made = SignedDirectory(FrozenClock(), dict.fromkeys(("soria",), EntityKind.PUBLIC))
    made.parties |= {party.id: party for party in parties}
    return made.next().model_copy(update={"persons": records})


def admission(*by: str, **changes: Any) -> ApprovedAct:
    stated = {"entity": "leon", "name": LEON.name, "entity_kind": LEON.kind.value, "secret_sha256": SECRET}
    return approved(ActKind.ADMIT, *by, **stated | changes)


def with_(party: Party, **fields: Any) -> Party:
    return party.model_copy(update=fields)


def refused(new: Directory, known: Directory) -> None:
    with pytest.raises(ApprovalRefused):
        require_approvals(new, known)


def test_two_persons_admit_and_nobody_else() -> None:
    known = directory()
    require_approvals(directory(with_(LEON, admission=admission("ana", "luis"))), known)
    for act in (None, admission(), admission("ana"), admission("ana", "ana"), admission("ana", "eva")):
        refused(directory(with_(LEON, admission=act)), known)


def test_one_person_does_not_count_twice_under_two_names_or_with_the_other_ones_signature() -> None:
    with pytest.raises(ValueError, match="two"):
        approved(
            ActKind.PERSONS,
            record=0,
            persons=(persons("ana")[0], Person(id="luis", key=persons("ana")[0].key)),
            needed=2,
        )
    act = admission("ana")
    stolen = act.approvals[0].model_copy(update={"person": "luis"})
    forged = act.model_copy(update={"approvals": (*act.approvals, stolen)})
    assert approvers(forged, persons("ana", "luis")) == {"ana"}
    refused(directory(with_(LEON, admission=forged)), directory())


def test_an_approval_serves_for_its_act_alone() -> None:
    known = directory()
    for changes in ({"entity": "burgos"}, {"name": "Otra"}, {"entity_kind": "public"}, {"network": "other.example"}):
        act = Act.model_validate(admission().act.model_dump() | changes)
        payload = encode_act(act)
        approvals = tuple(approve(payload, name, KEYS[name], START) for name in ("ana", "luis"))
        refused(directory(with_(LEON, admission=ApprovedAct(payload=payload, approvals=approvals))), known)
    honest = admission("ana", "luis")
    other = admission("ana", "luis", entity="burgos")
    refused(directory(with_(LEON, admission=honest.model_copy(update={"approvals": other.approvals}))), known)


def test_a_suspension_is_lifted_by_two_persons_each_time_anew() -> None:
    first = approved(ActKind.REINSTATE, "ana", "luis", entity="leon")
    suspended = with_(LEON, status=EntityStatus.SUSPENDED)
    require_approvals(directory(with_(LEON, reinstatement=first)), directory(suspended))
    refused(directory(LEON), directory(suspended))
    again = with_(suspended, reinstatement=first)
    refused(directory(with_(LEON, reinstatement=first)), directory(again))  # replayed
    second = approved(ActKind.REINSTATE, "ana", "luis", entity="leon", number=2)
    require_approvals(directory(with_(LEON, reinstatement=second)), directory(again))


def test_another_kind_of_entity_is_an_admission() -> None:
    known = directory(with_(LEON, admission=admission("ana", "luis")))
    public = with_(LEON, kind=EntityKind.PUBLIC, admission=admission("ana", "luis", entity_kind="public"))
    refused(directory(public), known)  # of the number of the first
    later = admission("ana", "luis", entity_kind="public", number=2)
    require_approvals(directory(with_(public, admission=later)), known)


def test_a_recovery_is_approved_for_its_invitation() -> None:
    recovery = recovery_of(LEON, keys_of("leon, new machine"), START)
    known = directory(LEON)

    def told(act: ApprovedAct | None) -> Directory:
        return directory(with_(LEON, recovery=recovery.model_copy(update={"approved": act})))

    require_approvals(told(approved(ActKind.RECOVER, "ana", "luis", entity="leon", secret_sha256=SECRET)), known)
    refused(told(None), known)
    refused(told(approved(ActKind.RECOVER, "ana", entity="leon", secret_sha256=SECRET)), known)
    refused(told(approved(ActKind.RECOVER, "ana", "luis", entity="leon", secret_sha256="a" * 64)), known)
    refused(told(admission("ana", "luis")), known)


def test_who_approves_changes_only_by_two_of_them() -> None:
    known = directory()
    next_: dict[str, Any] = {"persons": persons("luis", "eva"), "needed": 2}
    changed = (*TWO, approved(ActKind.PERSONS, "ana", "luis", **next_))
    require_approvals(directory(records=changed), known)
    for by in ((), ("ana",), ("ana", "eva")):
        refused(directory(records=(*TWO, approved(ActKind.PERSONS, *by, **next_))), known)
    refused(directory(records=()), known)
    refused(directory(records=(approved(ActKind.PERSONS, record=0, persons=persons("eva", "ana"), needed=2),)), known)
    off: dict[str, Any] = {"persons": persons("ana", "luis"), "needed": 1}
    refused(directory(records=(*TWO, approved(ActKind.PERSONS, "ana", **off))), known)
    require_approvals(directory(records=(*TWO, approved(ActKind.PERSONS, "ana", "luis", **off))), known)


def test_whoever_was_struck_off_approves_nothing_any_more() -> None:
    changed = (*TWO, approved(ActKind.PERSONS, "ana", "luis", persons=persons("luis", "eva"), needed=2))
    party = with_(LEON, admission=admission("ana", "luis"))
    refused(directory(party, records=changed), directory(records=changed))
    require_approvals(directory(party, records=changed), directory())  # admitted before, by somebody who was away then
    later = with_(LEON, admission=admission("luis", "eva", record=2))
    require_approvals(directory(later, records=changed), directory(records=changed))
    refused(
        directory(with_(LEON, admission=admission("ana", "luis", record=2)), records=changed),
        directory(records=changed),
    )


def test_nothing_is_asked_where_two_persons_are_not() -> None:
    one = (approved(ActKind.PERSONS, record=0, persons=persons("ana"), needed=1),)
    for records in ((), one):
        require_approvals(directory(LEON, records=records), directory(records=records))


def test_an_approval_names_its_time() -> None:
    act = admission("ana", "luis")
    moved = act.approvals[0].model_copy(update={"time": START + timedelta(days=1)})
    refused(
        directory(with_(LEON, admission=act.model_copy(update={"approvals": (moved, act.approvals[1])}))), directory()
    )
