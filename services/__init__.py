"""The services of Folkmoot. None imports another; only ``catalogue`` and ``command_line`` know them all."""

import os

# gRPC's fork handlers may abort a child between fork and exec, and with it PostgreSQL or NATS being started or stopped
# beside running gRPC threads. We never go on in a forked process. To be set before grpc is imported anywhere.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
