"""Released models at the node: fetched, verified against the manifest this entity knows, and kept."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.signing import Envelope
from federated.manifest import CampaignManifest, DataSource, manifest_sha256, open_manifest
from federated.release import ModelRelease, open_release
from federated.replay import require_reproducible
from federated.sql_campaigns import SqlCampaignStore
from node.rpc.training import TrainingClient
from node.runtime.errors import PeerRefused, PeerUnreachable
from node.training.errors import ManifestUnknown, ReleaseMissing
from node.training.tables import ReleaseRow
from node.wiring import Node


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """A release and its manifest, both verified under the pinned key by this node."""

    release: ModelRelease
    manifest: CampaignManifest


def fetch_release(node: Node, client: TrainingClient, campaign_id: str) -> VerifiedRelease:
    """Fetch a release, verify it, keep it, and return it. One already kept is verified again and returned.

    The first time, the model is also made again from the rounds' public sums, and must be the one that was signed.

    The manifest is the one this entity decided on when it did, so that a coordinator cannot swap it afterwards.

    Raises:
        PeerRefused, PeerUnreachable: there is none yet, or no answer.
        SignatureInvalid, MalformedDocument, ManifestInvalid, ReleaseInvalid: it is not acceptable; nothing is kept.
        ManifestUnknown: the coordinator lists no such campaign.
    """
    with node.snapshot() as session:
        row = session.get(ReleaseRow, campaign_id)
        decided = SqlCampaignStore(session).get(campaign_id)
    if row is not None:
        return _opened(node, Envelope.from_json(row.release), Envelope.from_json(row.manifest))
    manifest = decided.manifest if decided is not None else _listed(node, client, campaign_id)
    published = client.release(campaign_id)
    envelope, verified = published.release, _opened(node, published.release, manifest)
    require_reproducible(verified.release, verified.manifest, manifest_sha256(manifest), published.transcript)
    with node.transaction() as session:
        row = ReleaseRow(
            campaign_id=campaign_id,
            release=envelope.to_json(),
            manifest=manifest.to_json(),
            verified_at=node.clock.now(),
        )
        session.merge(row)
    return verified


def newest_release(node: Node, client: TrainingClient, *, source: DataSource) -> VerifiedRelease:
    """Return the newest released model for a kind of data, from the coordinator or, when it is down, from here.

    Raises:
        ReleaseMissing: there is none.
        and as `fetch_release`.
    """
    try:
        listed = [each.manifest for each in client.campaigns() if each.state == "released"]
    except PeerUnreachable:
        listed = []
    key = bytes.fromhex(node.settings.coordinator_key)
    for manifest in (open_manifest(each, coordinator_key=key) for each in listed):
        if manifest.source is source:
            return fetch_release(node, client, manifest.campaign_id)
    with node.snapshot() as session:
        kept = _kept(node, session)
    for verified in kept:
        if verified.manifest.source is source:
            return verified
    raise ReleaseMissing("no model has been released yet", remedy="see: redpact-node training list")


def fetch_missing(node: Node, client: TrainingClient, campaign_ids: list[str]) -> None:
    """Fetch the releases that are not kept yet, as far as they can be had now."""
    for campaign_id in campaign_ids:
        try:
            fetch_release(node, client, campaign_id)
        except (PeerRefused, PeerUnreachable):
            continue


def _kept(node: Node, session: Session) -> list[VerifiedRelease]:
    rows = session.scalars(select(ReleaseRow).order_by(ReleaseRow.verified_at.desc()))
    return [_opened(node, Envelope.from_json(row.release), Envelope.from_json(row.manifest)) for row in rows]


def _listed(node: Node, client: TrainingClient, campaign_id: str) -> Envelope:
    key = bytes.fromhex(node.settings.coordinator_key)
    for listed in client.campaigns():
        if open_manifest(listed.manifest, coordinator_key=key).campaign_id == campaign_id:
            return listed.manifest
    raise ManifestUnknown(f"there is no campaign {campaign_id!r}", remedy="see: redpact-node training list")


def _opened(node: Node, envelope: Envelope, manifest: Envelope) -> VerifiedRelease:
    key = bytes.fromhex(node.settings.coordinator_key)
    release, terms = open_release(envelope, manifest=manifest, coordinator_key=key)
    return VerifiedRelease(release, terms)
