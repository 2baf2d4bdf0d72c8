"""Errors of release bundles."""

from federated.errors import FederatedError
from policies.errors import ErrorKind
from presentation.messages import _


class BundleUnusable(FederatedError):
    """A folder that is not a release bundle, or cannot be read or written."""

    code = "bundle_unusable"
    kind = ErrorKind.USAGE
    sentence = _(
        "La carpeta no es un paquete de modelo publicado, o no se puede leer. Compruebe la ruta o pida otro paquete."
    )
