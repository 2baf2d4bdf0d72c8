"""The settings file of a service: TOML in its home folder, validated whole before anything starts."""

import json
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from presentation.faults import first_fault, os_fault, parse_fault, place_of
from presentation.messages import _
from service.errors import DatabasePasswordExposed, HomeUnusable, SettingsInvalid
from service.files import private_folder, write_private
from service.limits import CallGroup, Rate
from trust.addresses import MAX_PORT, Address
from trust.published import IpNetwork, range_of

MAX_SETTINGS_BYTES: Final = 256 * 1024
_WITNESS_STEP: Final = 1000


class ServiceSettings(BaseModel):
    """The settings that both services have; a subclass names its file and adds its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    FILE: ClassVar[str]

    database: str = Field(
        default="", max_length=2000, description=_("URL de la base de datos; vacía: un fichero SQLite en la carpeta")
    )
    witness_listen: Address | Literal[""] = Field(
        default="", description=_("máquina:puerto del servicio HTTP que cofirma los registros de otras; vacía: ninguno")
    )
    witness_url: str = Field(
        default="",
        max_length=300,
        description=_("dónde encuentran las demás `witness_listen`; vacía: http:// y la dirección"),
    )
    local_networks: tuple[str, ...] = Field(
        default=(),
        max_length=16,
        description=_("redes (CIDR), además de las públicas, en las que puede haber direcciones publicadas"),
    )
    fetches_per_second: float = Field(
        default=25.0, gt=0, le=10_000, description=_("consultas por segundo de quien llama, agotada su reserva")
    )
    fetches_burst: int = Field(
        default=50_000,
        ge=1,
        le=10_000_000,
        description=_("consultas que quien llama tiene en reserva para una hora de mucho trabajo"),
    )
    messages_per_second: float = Field(
        default=25.0, gt=0, le=10_000, description=_("mensajes por segundo de quien llama, agotada su reserva")
    )
    messages_burst: int = Field(
        default=50_000, ge=1, le=10_000_000, description=_("mensajes que quien llama tiene en reserva")
    )
    questions_per_second: float = Field(
        default=25.0,
        gt=0,
        le=10_000,
        description=_("otras llamadas y preguntas por segundo de quien llama, agotada su reserva"),
    )
    questions_burst: int = Field(
        default=50_000,
        ge=1,
        le=10_000_000,
        description=_("otras llamadas y preguntas que quien llama tiene en reserva"),
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("local_networks")
    @classmethod
    def _networks_are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            ip_network(text)  # its ValueError is pydantic's convention
        return value

    def callable_networks(self, coordinator_address: str) -> tuple[IpNetwork, ...]:
        """Return the networks beside the public ones that may be called.

        They are those configured and, where the coordinator itself is at a loopback, link-local or private address, its
        range.
        """
        return (*(ip_network(text) for text in self.local_networks), *range_of(coordinator_address))

    @property
    def rates(self) -> dict[CallGroup, Rate]:
        """The token bucket of one caller for each group of calls."""
        return {
            CallGroup.FETCHES: Rate(self.fetches_per_second, self.fetches_burst),
            CallGroup.MESSAGES: Rate(self.messages_per_second, self.messages_burst),
            CallGroup.QUESTIONS: Rate(self.questions_per_second, self.questions_burst),
        }

    @classmethod
    def exists(cls, home: Path) -> bool:
        """Return whether the home folder was initialised."""
        return (home / cls.FILE).is_file()

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read and validate the settings of a home folder.

        Raises:
            HomeUnusable: there is no settings file, or it cannot be read.
            SettingsInvalid: it is not TOML, or a value is wrong; the message names it.
        """
        path = home / cls.FILE
        try:
            with path.open("rb") as file:
                data = file.read(MAX_SETTINGS_BYTES)
        except OSError as error:
            raise HomeUnusable(
                _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)),
                remedy=_("indique la carpeta correcta con --home, o ejecute antes init"),
            ) from error
        try:
            return cls.validated(tomllib.loads(data.decode("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsInvalid(
                _("{path} no es TOML: {fault}", path=path, fault=parse_fault(error)), remedy=_("corrija el fichero")
            ) from error

    @classmethod
    def validated(cls, values: Mapping[str, Any]) -> Self:
        """Return settings made of `values`.

        Raises:
            SettingsInvalid: a value is wrong; the message names it.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            where = place_of(error.errors(include_url=False, include_input=False)[0]["loc"])
            raise SettingsInvalid(
                first_fault(error), remedy=_("corrija {where}", where=where or _("la configuración"))
            ) from error

    def save(self, home: Path) -> None:
        """Write the settings durably, readable by their owner only (a database URL may hold a password)."""
        private_folder(home)
        lines = [f"# {self.FILE}: written by init; edit and restart the service."]
        lines += [f"{name} = {_toml(value)}" for name, value in self.model_dump(mode="json").items()]
        write_private(home / self.FILE, ("\n".join(lines) + "\n").encode())

    def database_url(self, home: Path) -> str:
        """Return the URL of the service's database."""
        return self.database or f"sqlite:///{(home / self.FILE).with_suffix('.sqlite').absolute()}"


def database_argument(url: str) -> str:
    """Return the URL of a database that was given as an argument.

    Raises:
        DatabasePasswordExposed: it holds a password.
    """
    parts = urlsplit(url)
    if parts.password or "password=" in parts.query.lower():
        raise DatabasePasswordExposed(
            _("--database lleva una contraseña"), remedy=_("cámbiela, y repita la orden con la URL sin contraseña")
        )
    return url


def http_url(listen: str, address: str = "") -> str:
    """Return the URL of a witness that listens at `listen`, on the host of `address` when one is given."""
    port = listen.rpartition(":")[2]
    host = (address or listen).rpartition(":")[0]
    return f"http://{host}:{port}"


def witness_address(wanted: str, listen: str) -> str:
    """Return the address to witness at: `wanted`, empty for ``none``, and by default the listening port plus 1000."""
    if wanted:
        return "" if wanted == "none" else wanted
    host, _, port = listen.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= len(str(MAX_PORT)) else 0
    return f"{host}:{number + _WITNESS_STEP}" if 0 < number <= MAX_PORT - _WITNESS_STEP else ""


def _toml(value: object) -> str:
    # JSON strings, integers, booleans and flat lists are valid TOML, except for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
