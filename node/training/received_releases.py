"""Released models at the node: fetched, verified against the manifest that this entity decided on, and stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from federated.campaign.manifest import CampaignManifest, DataSource, manifest_sha256, open_manifest
from federated.release.model_release import ModelRelease, open_release
from federated.release.replay import require_reproducible
from federated.storage.sql_campaigns import SqlCampaignStore
from node.clients.training import ListedCampaign, TrainingClient
from node.context import NodeContext
from node.training.errors import ManifestUnknown, ReleaseMissing, ReleaseRecalled
from node.training.tables import RecallRow, ReleaseRow
from policies.errors import RedpactError
from presentation.messages import _
from service.errors import PeerRefused, PeerUnreachable
from trust.signing import Envelope

RELEASED: Final = "released"
RECALLED: Final = "recalled"
"""States of a campaign, as the coordinator lists them (`coordinator.training.campaign_states`)."""


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """A release and its manifest, both verified under the pinned key by this node."""

    release: ModelRelease
    manifest: CampaignManifest


@dataclass(frozen=True, slots=True)
class _KnownModel:
    """A released model that this node knows of.

    Attributes:
        manifest: its campaign.
        order: the newest campaign is the greatest, as the coordinator lists them, in whatever order they came.
        verified: the model; None when it was recalled before it was fetched.
        recalled: whether the Gerencia recalled it.
    """

    manifest: CampaignManifest
    order: tuple[datetime, datetime]
    verified: VerifiedRelease | None
    recalled: bool


def fetch_release(context: NodeContext, client: TrainingClient, campaign_id: str) -> VerifiedRelease:
    """Return a release: a stored one verified again, another fetched, verified and stored.

    The first time, the model is also reproduced from the public sums of the rounds, and must equal the signed one. The
    manifest is the one that this entity decided on, if it did, so that the coordinator cannot replace it later.

    Raises:
        PeerRefused, PeerUnreachable: there is no release yet, or no answer.
        SignatureInvalid, MalformedDocument, ManifestInvalid, ReleaseInvalid: it does not verify; nothing is stored.
        ManifestUnknown: the coordinator lists no such campaign.
    """
    with context.snapshot() as session:
        row = session.get(ReleaseRow, campaign_id)
        decided = SqlCampaignStore(session).get(campaign_id)
    if row is not None:
        return _opened(context, Envelope.from_json(row.release), Envelope.from_json(row.manifest))
    manifest = decided.manifest if decided is not None else _listed(context, client, campaign_id)
    published = client.release(campaign_id)
    envelope, verified = published.release, _opened(context, published.release, manifest)
    require_reproducible(verified.release, verified.manifest, manifest_sha256(manifest), published.transcript)
    with context.transaction() as session:
        row = ReleaseRow(
            campaign_id=campaign_id,
            release=envelope.to_json(),
            manifest=manifest.to_json(),
            verified_at=context.clock.now(),
        )
        session.merge(row)
    return verified


def newest_release(context: NodeContext, client: TrainingClient, *, source: DataSource) -> VerifiedRelease:
    """Return the newest released model for a kind of data: of the coordinator or, when it is down, of this node.

    Raises:
        ReleaseMissing: there is none.
        ReleaseRecalled: the newest one was recalled; an older one is not used in its place.
        RedpactError: as `fetch_release`.
    """
    try:
        listed = record_recalls(context, client)
    except PeerUnreachable:
        listed = ()
    key = bytes.fromhex(context.settings.coordinator_key)
    for each in (campaign for campaign in listed if campaign.state in {RELEASED, RECALLED}):
        manifest = open_manifest(each.manifest, coordinator_key=key)
        if manifest.source is not source:
            continue
        if each.state == RECALLED:
            raise _recalled(manifest.campaign_id)
        return fetch_release(context, client, manifest.campaign_id)
    with context.snapshot() as session:
        known = [*_stored(context, session), *_recalled_unfetched(context, session)]
    for model in sorted(known, key=lambda each: each.order, reverse=True):
        if model.manifest.source is source:
            if model.recalled or model.verified is None:
                raise _recalled(model.manifest.campaign_id)
            return model.verified
    raise ReleaseMissing(
        _("todavía no se ha publicado ningún modelo"), remedy=_("consulte: redpact-node training list")
    )


def record_recalls(context: NodeContext, client: TrainingClient) -> tuple[ListedCampaign, ...]:
    """Record the recalls that the coordinator lists, of models never fetched too, so that they hold while it is down.

    Its listing needs no signature: a false one can only keep a model from being used.

    Returns:
        The campaigns that the coordinator lists.

    Raises:
        PeerRefused, PeerUnreachable: no answer.
    """
    listed = client.campaigns()
    recalled = {manifest_sha256(each.manifest): each.manifest for each in listed if each.state == RECALLED}
    if recalled:
        with context.transaction() as session:
            for row in session.scalars(select(ReleaseRow)):
                if recalled.pop(manifest_sha256(Envelope.from_json(row.manifest)), None) and row.recalled_at is None:
                    row.recalled_at = context.clock.now()
            _keep_unfetched(context, session, recalled.values())
    return listed


def fetch_missing(context: NodeContext, client: TrainingClient, campaign_ids: list[str]) -> None:
    """Fetch the releases that are not stored yet; those that are not available now are skipped."""
    for campaign_id in campaign_ids:
        try:
            fetch_release(context, client, campaign_id)
        except (PeerRefused, PeerUnreachable):
            continue


def _keep_unfetched(context: NodeContext, session: Session, manifests: Iterable[Envelope]) -> None:
    """Keep recalls of models that this node never fetched; a manifest that the coordinator did not sign is left out."""
    known = set(session.scalars(select(RecallRow.campaign_id)))
    for envelope in manifests:
        try:
            manifest = open_manifest(envelope, coordinator_key=bytes.fromhex(context.settings.coordinator_key))
        except RedpactError:
            continue
        if manifest.campaign_id not in known:
            known.add(manifest.campaign_id)
            values = {"manifest": envelope.to_json(), "recalled_at": context.clock.now()}
            session.add(RecallRow(campaign_id=manifest.campaign_id, **values))


def _stored(context: NodeContext, session: Session) -> Iterator[_KnownModel]:
    """Iterate over the models that are kept."""
    for row in session.scalars(select(ReleaseRow)):
        verified = _opened(context, Envelope.from_json(row.release), Envelope.from_json(row.manifest))
        order = (verified.manifest.issued, verified.release.released)
        yield _KnownModel(verified.manifest, order, verified, recalled=row.recalled_at is not None)


def _recalled_unfetched(context: NodeContext, session: Session) -> Iterator[_KnownModel]:
    """Iterate over the models that were recalled before this node fetched them."""
    key = bytes.fromhex(context.settings.coordinator_key)
    for row in session.scalars(select(RecallRow)):
        manifest = open_manifest(Envelope.from_json(row.manifest), coordinator_key=key)
        yield _KnownModel(manifest, (manifest.issued, row.recalled_at), None, recalled=True)


def _recalled(campaign_id: str) -> ReleaseRecalled:
    return ReleaseRecalled(
        _("la Gerencia retiró el modelo de la campaña {campaign_id}", campaign_id=campaign_id),
        remedy=_("decida sin lista hasta que se publique otro modelo"),
    )


def _listed(context: NodeContext, client: TrainingClient, campaign_id: str) -> Envelope:
    key = bytes.fromhex(context.settings.coordinator_key)
    for listed in client.campaigns():
        if open_manifest(listed.manifest, coordinator_key=key).campaign_id == campaign_id:
            return listed.manifest
    raise ManifestUnknown(
        _("no existe la campaña {campaign_id!r}", campaign_id=campaign_id),
        remedy=_("consulte: redpact-node training list"),
    )


def _opened(context: NodeContext, envelope: Envelope, manifest: Envelope) -> VerifiedRelease:
    key = bytes.fromhex(context.settings.coordinator_key)
    release, terms = open_release(envelope, manifest=manifest, coordinator_key=key)
    return VerifiedRelease(release, terms)
