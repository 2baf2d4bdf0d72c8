"""The settings of an entity's node: ``HOME/node.toml``."""

from datetime import timedelta
from ipaddress import ip_network
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from presentation.messages import _
from service.settings import ServiceSettings, http_url
from trust.addresses import Address
from trust.parties import EntityId, HexKey, ledger_origin


class NodeSettings(ServiceSettings):
    """The options of ``init``, and the settings that an administrator may change."""

    FILE: ClassVar[str] = "node.toml"

    network: str = Field(min_length=1, max_length=100)
    entity: EntityId
    listen: Address | Literal[""] = Field(
        description="where the node accepts calls of other entities; empty: nowhere, the relay brings them"
    )
    addresses: tuple[Address, ...] = Field(default=(), max_length=8, description="where others reach the node")
    coordinator_address: Address
    coordinator_key: HexKey = Field(description="pinned at enrolment: signs directories, manifests and releases")
    witnesses: int = Field(
        default=2, ge=0, le=16, description="entities asked to cosign our ledger, beside the coordinator"
    )
    silence_hours: float = Field(
        default=48.0,
        ge=0.01,
        le=720,
        description="how long a consent given elsewhere is good without a word from where it was given",
    )
    keep_received_days: float = Field(
        default=7.0, ge=0, le=90, description="how long a sealed copy of what others shared may be shown again"
    )
    directory_keep_days: int = Field(
        default=365, ge=1, le=3650, description="how long directories are kept; the proofs of having seen them stay"
    )
    relay: bool = Field(default=True, description="call and be called by the relay where no address works")
    attention_days: int = Field(
        default=3,
        ge=1,
        le=90,
        description="days after which a notification nobody has acknowledged is shown in the inbox",
    )
    workers: int = Field(
        default=48, ge=2, le=256, description="threads that answer calls; one caller alone gets at most half of them"
    )
    locator_log_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        description="how long the locator's signed answers, and requests to a key held here, are kept",
    )
    locator_evaluations_hour: int = Field(
        default=3000,
        ge=1,
        le=10_000_000,
        description="where this entity holds a key of pseudonyms: those one entity may have evaluated in an hour",
    )
    locator_evaluations_day: int = Field(default=20_000, ge=1, le=100_000_000, description="and in a day")
    epsilon_limit: float = Field(
        default=8.0, gt=0, le=50, description="privacy budget of the entity's people until a limit is set"
    )
    epsilon_alone_limit: float = Field(
        default=8.0,
        gt=0,
        le=50,
        description="bound on a campaign's epsilon when all other entities collude: own noise keeps it",
    )
    unwitnessed_training: bool = Field(
        default=False,
        description="train although no witness can tell whether this node's ledger is its newest: for trials only",
    )
    least_cohort: int = Field(
        default=3, ge=3, le=5000, description="training campaigns that go on with fewer entities are refused"
    )
    training_anchors: int = Field(
        default=1, ge=0, le=16, description="pinned anchors that must be in every sum of a training campaign"
    )
    epsilon_delta: float = Field(default=1e-5, gt=0, le=1e-3, description="the delta that budget is accounted at")
    portal_listen: Address | Literal[""] = Field(
        default="127.0.0.1:8443",
        description="where the node serves its pages: with TLS but on this machine's own addresses; empty: nowhere",
    )
    portal_hosts: tuple[str, ...] = Field(
        default=(), max_length=16, description="names, beside that of `portal_listen`, by which browsers call the pages"
    )
    portal_networks: tuple[str, ...] = Field(
        default=(), max_length=16, description="networks (CIDR) of the office, from which no second factor is asked"
    )
    portal_second_factor: Literal["outside", "always"] = Field(
        default="outside", description="ask for the second factor outside this machine and those networks, or always"
    )
    portal_idle_minutes: int = Field(
        default=20, ge=2, le=120, description="a login to the pages that is not used for so long ends"
    )
    portal_dormant_days: int = Field(
        default=90, ge=7, le=730, description="an account of the pages that is not used for so long is suspended"
    )

    @field_validator("portal_networks")
    @classmethod
    def _offices_are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            ip_network(text)  # its ValueError is pydantic's convention
        return value

    @model_validator(mode="after")
    def _addresses_lead_to_a_port(self) -> Self:
        if self.addresses and not self.listen:
            raise ValueError(
                _("addresses necesita un puerto al que llevar: indique listen, o no ponga ninguna dirección")
            )
        return self

    @property
    def ledger_origin(self) -> str:
        """The origin of this entity's ledger."""
        return ledger_origin(self.network, self.entity)

    @property
    def silence_bound(self) -> timedelta:
        """The silence of its origin after which a consent given elsewhere covers nothing."""
        return timedelta(hours=self.silence_hours)

    @property
    def public_witness_url(self) -> str:
        """The URL of this node's witness for others; empty without a witness."""
        if not self.witness_listen:
            return ""
        return self.witness_url or http_url(self.witness_listen, self.addresses[0] if self.addresses else "")
