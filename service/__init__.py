"""The infrastructure of both services: TLS, servers, storage, settings."""

import os

# gRPC has no setting for the lowest TLS version, and reads this variable once, when it is first imported. Every
# certificate of the network holds an ECDSA key, so allowing TLS 1.2 only a cipher suite that needs an RSA key leaves
# TLS 1.3 (whose suites this variable does not govern) as the only version. It stands here because this package is
# imported before gRPC in every process of ours.
os.environ["GRPC_SSL_CIPHER_SUITES"] = "ECDHE-RSA-AES256-GCM-SHA384"

# gRPC's own lines on standard error (connections closed for age and the like) would interrupt our JSON lines.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
