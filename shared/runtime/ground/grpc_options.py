"""How the platform's gRPC servers and clients are set."""

from __future__ import annotations

SERVER_OPTIONS = (
    # By default gRPC shares a port with another listener, and each gets half of the other's calls.
    ("grpc.so_reuseport", 0),
    # By default it drops clients that ping an idle connection more than once in five minutes, as CHANNEL_OPTIONS do.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    # By default one connection may hold any number of calls, and a connection without calls is kept for ever.
    ("grpc.max_concurrent_streams", 200),
    ("grpc.max_connection_idle_ms", 300_000),
)
CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # Detects a ledger that disappeared without closing the connection, so that followers reconnect.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # Reconnect soon: by default a second passes after the first failure, and twenty after an attempt without an answer.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)
