"""``redpact-node user add|list|disable|reset``: accounts of the pages, for the first administrator and emergencies."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from presentation.harmless import harmless
from presentation.messages import _

if TYPE_CHECKING:
    from node.wiring import Node
    from service.web.accounts.accounts import Accounts

_LONGEST_LINE = 1000

UserArgument = Annotated[str, typer.Argument(metavar=_("USUARIO"), help=_("Nombre de usuario con el que se entra."))]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, help=_("Cuentas de las páginas del nodo: añade, muestra, desactiva y restablece.")
    )
    for add in (_register_add, _register_list, _register_disable, _register_reset):
        add(group)
    app.add_typer(group, name="user")


def _register_add(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Añade una cuenta. La contraseña se pide sin mostrarla, o se lee de la entrada estándar, y quien "
            "recibe la cuenta la cambia al entrar por primera vez."
        )
    )
    def add(
        *,
        home: HomeOption,
        user: UserArgument,
        name: Annotated[str, typer.Option("--name", help=_("Nombre de la persona, como lo muestran las páginas."))],
        roles: Annotated[
            list[str],
            typer.Option(
                "--role",
                help=_(
                    "Perfil: professional, reference_professional, entity_manager, dpo, administrator o "
                    "security_officer; puede repetirse."
                ),
            ),
        ],
        staff_code: Annotated[
            str, typer.Option("--staff", help=_("Clave de personal; si no se indica, el nombre de usuario."))
        ] = "",
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Add an account; the password is prompted for or read from standard input."""
        from node.staff.accounts import add_staff
        from node.staff.report import account_document, added_text
        from service.web.accounts.accounts import NewAccount

        new = NewAccount(user, name, staff_code, split_names(roles))
        by = professional_reference(professional)
        account = add_staff(_accounts(open_node(home)), new, read_password(), by=by)
        emit({"account": account_document(account)}, added_text(account, lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list", help=_("Muestra las cuentas con su perfil, su estado y su último acceso."))
    def list_users(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """List the accounts with their profile, state and last access."""
        from node.staff.report import accounts_document, accounts_text

        node = open_node(home)
        found = _accounts(node).list()
        now = node.context.clock.now()
        emit(accounts_document(found), accounts_text(found, now, lang), as_json=as_json)


def _register_disable(group: typer.Typer) -> None:
    @group.command(help=_("Desactiva una cuenta y cierra sus sesiones en este momento."))
    def disable(
        home: HomeOption,
        user: UserArgument,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Disable an account and end its logins."""
        from node.staff.report import account_document, disabled_text

        account = _accounts(open_node(home)).disable(user, by=professional_reference(professional))
        emit({"account": account_document(account)}, disabled_text(account, lang), as_json=as_json)


def _register_reset(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Da a una cuenta una contraseña provisional y le quita el segundo factor y el bloqueo. También "
            "reactiva una cuenta desactivada o sin uso."
        )
    )
    def reset(
        home: HomeOption,
        user: UserArgument,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Give an account a temporary password, and take its second factor and lock-out away."""
        from node.staff.report import account_document, reset_text

        by = professional_reference(professional)
        account = _accounts(open_node(home)).reset(user, read_password(), by=by)
        emit({"account": account_document(account)}, reset_text(account, lang), as_json=as_json)


def read_password() -> str:
    """Return the password that a person types without echo, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
    asked: str = typer.prompt(
        harmless(_("Contraseña provisional")), hide_input=True, confirmation_prompt=harmless(_("Repítala")), err=True
    )
    return asked


def _accounts(node: "Node") -> "Accounts":
    from node.staff.accounts import staff_accounts

    return staff_accounts(node.context)
