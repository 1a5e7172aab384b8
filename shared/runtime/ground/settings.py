"""Settings: read once from the environment at the edge of the process, passed in from there.

==========================  ==================================================================================
``FOLKMOOT_DATA``           directory of the embedded servers and the secrets; default ``.folkmoot``
``DATABASE_URL``            PostgreSQL to use; unset: an embedded one in the data directory
``NATS_URL``                NATS to use; unset: an embedded one in the data directory
``NATS_MONITOR_URL``        its monitoring address, asked at readiness whether ``sync_interval`` is ``always``
``FOLKMOOT_LEDGER``         gRPC address of the ledger; unset: the one in this process
``FOLKMOOT_PEOPLE``         gRPC address of membership's people register; unset: the one in this process
``FOLKMOOT_HTTP``           where HTTP is served, ``host:port``; default 127.0.0.1 and 8400, or a free port if taken
``FOLKMOOT_GRPC``           where gRPC is served, ``host:port``; default 127.0.0.1 and 8401, or a free port if taken
``FOLKMOOT_ENDPOINTS``      where each service answers, ``membership=http://…,meetings=http://…``, for ``folkmoot demo``
                            to play against a platform elsewhere; unset: this data directory's platform
``FOLKMOOT_SECRETS``        directory of mounted secrets; default ``secrets`` in the data directory
``FOLKMOOT_ORIGIN``         the name under which the ledger signs its history; default ``folkmoot.local/ledger``.
                            Choose one for good, such as ``partnership.example/ledger``, before the first event
``FOLKMOOT_LEDGER_KEY``     file of the ledger's signing keys; default ``ledger.key`` in the directory of secrets
``FOLKMOOT_WITNESS_POLICY``  file that says which witnesses must cosign (C2SP tlog-policy); unset: none
``FOLKMOOT_WITNESS_INTERVAL``  seconds between two requests for their cosignatures, at least; default 1
``FOLKMOOT_OIDC_ISSUER``    an OIDC issuer whose tokens are accepted beside the local one's
``FOLKMOOT_SERVICE_PASSWORD``  password the migration gives the services' database roles; unset: none
``FOLKMOOT_PARTNER_RATE``   events a second that each partner's organisation may send in the long run; default 20
``FOLKMOOT_PARTNER_BURST``  events it may send at once after a pause; default 1000
``FOLKMOOT_LOG``            ``json`` or ``plain`` (default)
``OTEL_EXPORTER_OTLP_ENDPOINT``  where traces go; unset: nowhere
==========================  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class UnusableSetting(Exception):
    """A variable of the environment says something that means nothing."""


@dataclass(frozen=True)
class Settings:
    """Everything the environment may say. See the table in this module's docstring."""

    data: Path = Path(".folkmoot")
    database_url: str | None = None
    nats_url: str | None = None
    nats_monitor_url: str | None = None
    ledger: str | None = None
    people: str | None = None
    http: str | None = None
    grpc: str | None = None
    doors: Mapping[str, str] = field(default_factory=dict)
    secrets_directory: Path | None = None
    origin: str = "folkmoot.local/ledger"
    ledger_key_file: Path | None = None
    witness_policy: Path | None = None
    witness_interval: float = 1.0
    oidc_issuer: str | None = None
    service_password: str | None = None
    partner_rate: float = 20.0
    partner_burst: int = 1000
    json_logs: bool = False
    otlp_endpoint: str | None = None

    @property
    def secrets(self) -> Path:
        """The directory of the issuer's key and the key-encryption key."""
        return self.secrets_directory or self.data / "secrets"

    @property
    def ledger_key(self) -> Path:
        """The file of the ledger's signing keys."""
        return self.ledger_key_file or self.secrets / "ledger.key"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The settings an environment spells out; an empty value counts as unset. Raises ``UnusableSetting``."""

        def get(name: str) -> str | None:
            return environment.get(name) or None

        def number[N: (int, float)](name: str, kind: type[N], default: N) -> N:
            text = get(name)
            try:
                found = default if text is None else kind(text)
                if found > 0:
                    return found
            except ValueError:
                pass
            raise UnusableSetting(f"{name} is {text!r}: set it to a number above 0, or leave it out for {default}.")

        secrets = get("FOLKMOOT_SECRETS")
        policy = get("FOLKMOOT_WITNESS_POLICY")
        ledger_key = get("FOLKMOOT_LEDGER_KEY")
        return cls(
            data=Path(get("FOLKMOOT_DATA") or ".folkmoot"),
            database_url=get("DATABASE_URL"),
            nats_url=get("NATS_URL"),
            nats_monitor_url=get("NATS_MONITOR_URL"),
            ledger=get("FOLKMOOT_LEDGER"),
            people=get("FOLKMOOT_PEOPLE"),
            http=get("FOLKMOOT_HTTP"),
            grpc=get("FOLKMOOT_GRPC"),
            doors=dict(door.split("=", 1) for door in (get("FOLKMOOT_ENDPOINTS") or "").split(",") if door),
            secrets_directory=Path(secrets) if secrets else None,
            origin=get("FOLKMOOT_ORIGIN") or cls.origin,
            ledger_key_file=Path(ledger_key) if ledger_key else None,
            witness_policy=Path(policy) if policy else None,
            witness_interval=number("FOLKMOOT_WITNESS_INTERVAL", float, cls.witness_interval),
            oidc_issuer=get("FOLKMOOT_OIDC_ISSUER"),
            service_password=get("FOLKMOOT_SERVICE_PASSWORD"),
            partner_rate=number("FOLKMOOT_PARTNER_RATE", float, cls.partner_rate),
            partner_burst=number("FOLKMOOT_PARTNER_BURST", int, cls.partner_burst),
            json_logs=get("FOLKMOOT_LOG") == "json",
            otlp_endpoint=get("OTEL_EXPORTER_OTLP_ENDPOINT"),
        )
