"""Consent records as JSON-LD: ISO/IEC TS 27560 fields in W3C DPV terms (w3c/dpv, consent-27560 guide, section 7)."""

from datetime import datetime
from typing import Any, Final

from consent_ledger.log.bodies import EXPLICIT_CONSENT_BASIS, Actor, ConsentBody
from consent_ledger.log.entry import EntryType, encode_time
from consent_ledger.log.given_elsewhere import ConsentOrigin

CONTEXT: Final[dict[str, str]] = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rp": "urn:redpact:",
}

DPV_STATUS: Final[dict[EntryType, str]] = {
    EntryType.CONSENT_GIVEN: "dpv:ConsentGiven",
    EntryType.CONSENT_RENEWED: "dpv:RenewedConsentGiven",
    EntryType.CONSENT_REFUSED: "dpv:ConsentRefused",
    EntryType.CONSENT_WITHDRAWN: "dpv:ConsentWithdrawn",
    EntryType.CONSENT_EXPIRED: "dpv:ConsentExpired",
    EntryType.CONSENT_ENDED: "dpv:ConsentInvalidated",
}


def consent_record(kind: EntryType, body: ConsentBody, time: datetime) -> dict[str, Any]:
    """Return the record of a consent event as a JSON-LD document; the same input always gives the same document."""
    return {
        "@context": CONTEXT,
        "@id": f"urn:redpact:consent:{body.consent_id}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": body.profile,
        "dct:identifier": body.consent_id,
        "dpv:hasDataSubject": {"@id": f"urn:redpact:person:{body.controller}:{body.person_ref}"},
        "dpv:hasProcess": _process(body),
        "dpv:hasConsentStatus": _event(kind, body, time),
        **({"dct:source": _origin(body.origin)} if body.origin else {}),
    }


def _origin(origin: ConsentOrigin) -> dict[str, Any]:
    return {
        "@id": f"rp:entity:{origin.entity}",
        "dct:date": {"@type": "xsd:dateTime", "@value": encode_time(origin.acted_at)},
        "rp:ledgerIndex": origin.index,
        "rp:leafHash": f"sha256:{origin.leaf_hash}",
    }


def _process(body: ConsentBody) -> dict[str, Any]:
    return {
        "@type": "dpv:Process",
        "dpv:hasDataController": _party(body, body.controller),
        **({"dpv:hasJointDataControllers": [_party(body, each) for each in body.holders]} if body.holders else {}),
        "dpv:hasPurpose": [_purpose(body, position) for position in range(len(body.purposes))],
        "dpv:hasPersonalData": [_personal_data(body, field) for field in body.fields],
        "dpv:hasRecipient": [_party(body, recipient) for recipient in body.recipients],
        "dpv:hasLegalBasis": {"@id": body.lawful_basis},
        "dpv:hasProcessing": [{"@id": processing} for processing in body.processing],
        "dpv:hasCollectionMethod": body.method,
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "dct:identifier": body.notice.id,
            "dct:hasVersion": body.notice.version,
            "dct:language": body.language,
            "dpv:hasHash": f"sha256:{body.notice.sha256}",
        },
        "dpv:hasStorageCondition": {
            "dpv:hasLocation": [_party(body, entity) for entity in body.storage_locations],
            "dpv:hasRetentionPolicy": body.retention,
        },
        "dpv:hasDuration": _period(body),
        "dpv:hasJurisdiction": body.jurisdiction,
        "dpv:hasLocationRestriction": {"@id": body.geographic_restriction},
        "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "dct:description": body.withdrawal_method},
        "dpv:hasRight": [{"@id": right} for right in body.rights],
        "dpv:hasAuthority": {"@type": "dpv:DataProtectionAuthority", "@id": f"https://{body.authority}/"},
    }


def _purpose(body: ConsentBody, position: int) -> dict[str, str]:
    purpose = {"@id": f"rp:purpose:{body.purposes[position]}"}
    return purpose | ({"@type": body.purpose_types[position]} if position < len(body.purpose_types) else {})


def _personal_data(body: ConsentBody, field: str) -> dict[str, Any]:
    # The consent is asked for each field: none of them is a condition of the service.
    special = {"@type": "dpv:SpecialCategoryPersonalData"} if field in body.special_fields else {}
    return {"@id": f"rp:field:{field}", "dpv:hasNecessity": {"@id": "dpv:Optional"}} | special


def _party(body: ConsentBody, entity: str) -> dict[str, str]:
    named = next((party for party in body.parties if party.id == entity), None)
    details = {"dpv:hasName": named.name, "dct:type": f"rp:kind:{named.kind}"} if named else {}
    return {"@id": f"rp:entity:{entity}"} | details


def _event(kind: EntryType, body: ConsentBody, time: datetime) -> dict[str, Any]:
    explicit = body.lawful_basis == EXPLICIT_CONSENT_BASIS
    event: dict[str, Any] = {
        "@type": [DPV_STATUS[kind], "dpv:ExplicitlyExpressedConsent" if explicit else "dpv:ExpressedConsent"],
        "dct:date": {"@type": "xsd:dateTime", "@value": encode_time(time)},
        "dpv:hasDuration": _period(body),
        "dpv:isIndicatedBy": {"@id": f"rp:actor:{body.acted_by}"},
        "dpv:hasIndicationMethod": body.method,
    }
    if body.acted_by is Actor.GUARDIAN and body.guardian is not None:
        event["dpv:isIndicatedBy"] = {
            "@type": "dpv:Guardian",
            "@id": f"urn:redpact:guardian:{body.guardian.reference}",
            "dct:description": body.guardian.relation,
        }
    if body.evidence_sha256 is not None:
        event["dpv:hasEvidence"] = f"sha256:{body.evidence_sha256}"
    return event


def _period(body: ConsentBody) -> dict[str, str]:
    return {"dct:valid": f"{encode_time(body.valid_from)}/{encode_time(body.valid_until)}"}
