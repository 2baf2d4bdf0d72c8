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
        description=_(
            "dónde acepta el nodo llamadas de otras entidades; vacía: en ninguna parte, las trae el repetidor"
        )
    )
    addresses: tuple[Address, ...] = Field(
        default=(), max_length=8, description=_("dónde encuentran las demás este nodo")
    )
    coordinator_address: Address
    coordinator_key: HexKey = Field(
        description=_("fijada en el alta: firma directorios, manifiestos y modelos publicados")
    )
    witnesses: int = Field(
        default=2,
        ge=0,
        le=16,
        description=_("entidades a las que se pide cofirmar este registro, además del coordinador"),
    )
    silence_hours: float = Field(
        default=48.0,
        ge=0.01,
        le=720,
        description=_("cuánto vale un consentimiento dado en otra entidad sin noticias de ella"),
    )
    keep_received_days: float = Field(
        default=7.0,
        ge=0,
        le=90,
        description=_("cuánto se puede volver a mostrar la copia cifrada de lo que compartieron otras"),
    )
    directory_keep_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        description=_("cuánto se guardan los directorios; las pruebas de haberlos visto se quedan"),
    )
    relay: bool = Field(
        default=True, description=_("llamar y recibir llamadas por el repetidor donde no sirve ninguna dirección")
    )
    attention_days: int = Field(
        default=3,
        ge=1,
        le=90,
        description=_("días tras los que una notificación sin acuse aparece en la bandeja"),
    )
    workers: int = Field(
        default=48,
        ge=2,
        le=256,
        description=_("hilos que contestan llamadas; una sola entidad ocupa como mucho la mitad"),
    )
    locator_log_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        description=_(
            "cuánto se guardan las respuestas firmadas del localizador y las peticiones a una clave guardada aquí"
        ),
    )
    locator_evaluations_hour: int = Field(
        default=3000,
        ge=1,
        le=10_000_000,
        description=_("si esta entidad guarda una clave de los seudónimos: los que otra puede pedirle por hora"),
    )
    locator_evaluations_day: int = Field(default=20_000, ge=1, le=100_000_000, description=_("y por día"))
    locator_evaluations_total_day: int = Field(
        default=200_000,
        ge=1,
        le=1_000_000_000,
        description=_(
            "seudónimos que pueden pedir por día todas las entidades juntas: se avisa a la mitad y, agotados, queda a "
            "cada una la décima parte de su cupo"
        ),
    )
    epsilon_limit: float = Field(
        default=8.0,
        gt=0,
        le=50,
        description=_("presupuesto de privacidad de las personas de la entidad hasta que se fije un límite"),
    )
    epsilon_alone_limit: float = Field(
        default=8.0,
        gt=0,
        le=50,
        description=_(
            "cota del épsilon de una campaña si todas las demás entidades se confabulan: la mantiene el ruido propio"
        ),
    )
    unwitnessed_training: bool = Field(
        default=False,
        description=_(
            "entrenar aunque ningún testigo pueda decir si el registro de este nodo es el último: solo para pruebas"
        ),
    )
    least_cohort: int = Field(
        default=3,
        ge=3,
        le=5000,
        description=_("se rechazan las campañas de entrenamiento que siguen con menos entidades"),
    )
    training_anchors: int = Field(
        default=1, ge=0, le=16, description=_("entidades ancla fijadas que tiene que haber en cada suma de una campaña")
    )
    epsilon_delta: float = Field(
        default=1e-5, gt=0, le=1e-3, description=_("el delta con el que se lleva la cuenta del presupuesto")
    )
    portal_listen: Address | Literal[""] = Field(
        default="127.0.0.1:8443",
        description=_("dónde sirve el nodo sus páginas, con TLS si no es en este mismo equipo; vacío: en ningún sitio"),
    )
    portal_hosts: tuple[str, ...] = Field(
        default=(),
        max_length=16,
        description=_("nombres, además del de `portal_listen`, con los que los navegadores llaman a las páginas"),
    )
    portal_networks: tuple[str, ...] = Field(
        default=(), max_length=16, description=_("redes (CIDR) de la oficina, desde las que no se pide segundo factor")
    )
    portal_second_factor: Literal["outside", "always"] = Field(
        default="outside",
        description=_("pedir el segundo factor fuera de este equipo y de esas redes (outside), o siempre (always)"),
    )
    portal_idle_minutes: int = Field(
        default=20, ge=2, le=120, description=_("minutos sin uso tras los que se cierra una sesión de las páginas")
    )
    portal_dormant_days: int = Field(
        default=90, ge=7, le=730, description=_("días sin uso tras los que se suspende una cuenta de las páginas")
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
