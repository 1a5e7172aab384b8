"""Settings: read once from the environment at the start of the process, then passed as arguments.

Each variable is declared once, as a field of ``Settings``. ``docs/settings.md`` is made from the declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, AnyUrl, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo


class UnusableSetting(Exception):
    """Variables of the environment have unusable values. The message has one line for each of them."""


class Variable(NamedTuple):
    """How a field of ``Settings`` is set from the environment."""

    name: str
    meaning: str
    """Its purpose, for the table in the docs (Markdown)."""
    unset: str = ""
    """The effect when it is not set, if the field's default does not show it."""
    secret: bool = False
    """The value may hold a password and is never shown."""


class Allowed(NamedTuple):
    """The allowed values of a type of setting, in words that follow "set it to"."""

    words: str


def _address(value: str) -> str:
    _, colon, port = value.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError("no address")
    return value


def _url(value: str) -> str:
    if not AnyUrl(value).host:
        raise ValueError("no host")
    return value


def _bus(value: str) -> str:
    url = AnyUrl(value)
    if url.scheme not in ("nats", "tls") or not url.host or url.username or url.password:
        raise ValueError("no address of a NATS server without a user")
    return value


def _by_service(value: object) -> object:
    if not isinstance(value, str):
        return value
    return {name.strip(): address.strip() for name, _, address in (one.partition("=") for one in value.split(","))}


Address = Annotated[str, AfterValidator(_address), Allowed("a host and a port, such as `127.0.0.1:8400`")]
Directory = Annotated[Path, Allowed("the path of a directory")]
File = Annotated[Path, Allowed("the path of a file")]
Text = Annotated[str, Allowed("a text")]
Database = Annotated[str, Field(pattern="^postgresql[a-z+]*://"), Allowed("a URL: `postgresql://…`")]
Nats = Annotated[
    str, AfterValidator(_bus), Allowed("a URL without a user: `nats://host:4222`, or `tls://…` if the server has TLS")
]
Url = Annotated[str, Allowed("a URL, such as `https://id.example`"), AfterValidator(_url)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False), Allowed("a number above 0")]
Count = Annotated[int, Field(gt=0), Allowed("a whole number above 0")]
Endpoints = Annotated[
    Mapping[str, Url],
    BeforeValidator(_by_service),
    Allowed("a list such as `membership=http://…,meetings=http://…`"),
]


class Settings(BaseModel):
    """All settings from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Annotated[
        Directory, Variable("FOLKMOOT_DATA", "Directory of the embedded servers, the secrets and the platform's lock")
    ] = Path(".folkmoot")
    database_url: Annotated[
        Database | None,
        Variable("DATABASE_URL", "PostgreSQL to use", "an embedded one in the data directory", secret=True),
    ] = None
    nats_url: Annotated[
        Nats | None,
        Variable(
            "NATS_URL",
            "NATS to use. Each service connects as its own user, with the password in `nats/<service>` in the directory"
            " of secrets",
            "an embedded one in the data directory",
            secret=True,
        ),
    ] = None
    nats_monitor_url: Annotated[
        Url | None,
        Variable(
            "NATS_MONITOR_URL",
            "Monitoring address of that NATS; readiness asks there whether `sync_interval` is `always`",
            "not asked",
        ),
    ] = None
    stream_bytes: Annotated[
        Count,
        Variable(
            "FOLKMOOT_STREAM_BYTES",
            "The most bytes of events that JetStream holds; `folkmoot migrate` sets it. They are copies: the ledger"
            " asks the services for whatever was dropped",
        ),
    ] = 256 * 1024 * 1024
    stream_hours: Annotated[
        Rate, Variable("FOLKMOOT_STREAM_HOURS", "Hours after which JetStream drops its copy of an event")
    ] = 168.0
    ledger: Annotated[
        Address | None, Variable("FOLKMOOT_LEDGER", "gRPC address of the ledger", "the one in this process")
    ] = None
    people: Annotated[
        Address | None,
        Variable("FOLKMOOT_PEOPLE", "gRPC address of membership's people register", "the one in this process"),
    ] = None
    funding: Annotated[
        Address | None,
        Variable("FOLKMOOT_FUNDING", "gRPC address of funding, which meetings ask first", "the one in this process"),
    ] = None
    http: Annotated[
        Address | None,
        Variable("FOLKMOOT_HTTP", "Where HTTP is served", "`127.0.0.1:8400`, or a free port if that is taken"),
    ] = None
    grpc: Annotated[
        Address | None,
        Variable("FOLKMOOT_GRPC", "Where gRPC is served", "`127.0.0.1:8401`, or a free port if that is taken"),
    ] = None
    endpoints: Annotated[
        Endpoints,
        Variable(
            "FOLKMOOT_ENDPOINTS",
            "Where each service answers, for commands such as `folkmoot demo` to use a platform elsewhere",
            "this data directory's platform",
        ),
    ] = Field(default_factory=dict)
    secrets_directory: Annotated[
        Directory | None,
        Variable("FOLKMOOT_SECRETS", "Directory of mounted secrets", "`secrets` in the data directory"),
    ] = None
    origin: Annotated[
        Text,
        Variable(
            "FOLKMOOT_ORIGIN",
            "The name under which the ledger signs its history. Choose a permanent one, such as"
            " `partnership.example/ledger`, before the first event",
        ),
    ] = "folkmoot.local/ledger"
    ledger_key_file: Annotated[
        File | None,
        Variable(
            "FOLKMOOT_LEDGER_KEY", "File of the ledger's signing keys", "`ledger.key` in the directory of secrets"
        ),
    ] = None
    source_keys_directory: Annotated[
        Directory | None,
        Variable(
            "FOLKMOOT_SOURCE_KEYS",
            "Directory of the private keys with which services sign their events, `<service>.key`",
            "`sources` in the directory of secrets",
        ),
    ] = None
    source_register_file: Annotated[
        File | None,
        Variable(
            "FOLKMOOT_SOURCE_REGISTER",
            "File of all services' public keys, which everybody reads",
            "`sources/register` in the directory of secrets",
        ),
    ] = None
    witness_policy: Annotated[
        File | None,
        Variable("FOLKMOOT_WITNESS_POLICY", "Which witnesses must cosign (C2SP tlog-policy)", "no witness"),
    ] = None
    witness_interval: Annotated[
        Rate, Variable("FOLKMOOT_WITNESS_INTERVAL", "Seconds between two requests for their cosignatures, at least")
    ] = 1.0
    oidc_issuer: Annotated[
        Url | None,
        Variable("FOLKMOOT_OIDC_ISSUER", "An OIDC issuer whose tokens are accepted as well as the local one's", "none"),
    ] = None
    service_password: Annotated[
        Text | None,
        Variable(
            "FOLKMOOT_SERVICE_PASSWORD",
            "Password that the migration gives the services' database roles",
            "none",
            secret=True,
        ),
    ] = None
    partner_rate: Annotated[
        Rate,
        Variable("FOLKMOOT_PARTNER_RATE", "Events a second that each partner organisation may send in the long term"),
    ] = 20.0
    partner_burst: Annotated[
        Count, Variable("FOLKMOOT_PARTNER_BURST", "Events that it may send at once after a pause")
    ] = 1000
    caller_rate: Annotated[
        Rate,
        Variable(
            "FOLKMOOT_CALLER_RATE",
            "Requests a second that one holder of a token may send to a process in the long term, over HTTP or gRPC",
        ),
    ] = 100.0
    caller_burst: Annotated[
        Count, Variable("FOLKMOOT_CALLER_BURST", "Requests that it may send at once after a pause")
    ] = 5000
    address_rate: Annotated[
        Rate,
        Variable(
            "FOLKMOOT_ADDRESS_RATE",
            "Requests a second that one address may send to a process in the long term, without a token or with one"
            " that was not verified yet",
        ),
    ] = 100.0
    address_burst: Annotated[
        Count, Variable("FOLKMOOT_ADDRESS_BURST", "Requests of that kind that it may send at once after a pause")
    ] = 5000
    log: Annotated[
        Literal["plain", "json"], Allowed("`plain` or `json`"), Variable("FOLKMOOT_LOG", "How log lines are written")
    ] = "plain"
    otlp_endpoint: Annotated[
        Text | None, Variable("OTEL_EXPORTER_OTLP_ENDPOINT", "Where traces go, over OTLP and gRPC", "nowhere")
    ] = None

    @property
    def json_logs(self) -> bool:
        """Whether log lines are JSON."""
        return self.log == "json"

    @property
    def secrets(self) -> Path:
        """The directory of the issuer's key and the key-encryption key."""
        return self.secrets_directory or self.data / "secrets"

    @property
    def ledger_key(self) -> Path:
        """The file of the ledger's signing keys."""
        return self.ledger_key_file or self.secrets / "ledger.key"

    @property
    def source_keys(self) -> Path:
        """The directory of the services' private keys for signing events."""
        return self.source_keys_directory or self.secrets / "sources"

    @property
    def source_register(self) -> Path:
        """The file of all services' public keys."""
        return self.source_register_file or self.secrets / "sources" / "register"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in an environment; an empty value counts as unset. Raises ``UnusableSetting``."""
        variables = {name: _variable(field).name for name, field in cls.model_fields.items()}
        given = {name: environment[variable] for name, variable in variables.items() if environment.get(variable)}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = dict.fromkeys(str(found["loc"][0]) for found in error.errors())
            raise UnusableSetting("\n".join(_refusal(cls.model_fields[name], given[name]) for name in wrong)) from None


def settings_page() -> str:
    """``docs/settings.md``: the table of all variables."""
    rows = [
        f"| `{variable.name}` | {variable.meaning} | {_allowed(field)} | {variable.unset or f'`{_default(field)}`'} |"
        for field in Settings.model_fields.values()
        for variable in [_variable(field)]
    ]
    return "\n".join([*PAGE_HEAD, *rows]) + "\n"


PAGE_HEAD = (
    "# Settings",
    "",
    "Made by `make contracts` from `shared/runtime/ground/settings.py`; do not edit it.",
    "",
    "A command reads these variables of the environment when it starts. An empty value counts as unset. If values",
    "cannot be used, the command names all of them and ends with exit code 2.",
    "",
    "| variable | purpose | values | when not set |",
    "| --- | --- | --- | --- |",
)


def _refusal(field: FieldInfo, value: str) -> str:
    variable = _variable(field)
    found = "cannot be used" if variable.secret else f"is {value!r}"
    default = (variable.unset or str(_default(field))).replace("`", "")
    return f"{variable.name} {found}: set it to {_allowed(field).replace('`', '')}, or leave it out for {default}."


def _default(field: FieldInfo) -> object:
    return f"{field.default:g}" if isinstance(field.default, float) else field.default


def _variable(field: FieldInfo) -> Variable:
    return next(found for found in field.metadata if isinstance(found, Variable))


def _allowed(field: FieldInfo) -> str:
    return next(found.words for found in _metadata(field) if isinstance(found, Allowed))


def _metadata(field: FieldInfo) -> list[Any]:
    # Of ``Address | None`` the words belong to ``Address``.
    inner = [found for kind in getattr(field.annotation, "__args__", ()) for found in getattr(kind, "__metadata__", ())]
    return field.metadata + inner
