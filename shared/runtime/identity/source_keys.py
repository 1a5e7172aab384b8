"""The keys by which sources sign: each service's own private key, and the register of all public keys (ADR 13)."""

from __future__ import annotations

from collections.abc import Iterable

from shared.proofs.merkle import Malformed
from shared.proofs.sources import SourceKeys
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.secret_files import UnusableSecret, replace_secret
from shared.runtime.identity.signing import SigningKey, SigningKeys


def source_key_of(settings: Settings, service: str, *, create: bool = True) -> SigningKey:
    """The private key with which a service signs its events, created at first use. Raises ``UnusableSecret``."""
    return SigningKeys.open(settings.source_keys / f"{service}.key", service, create=create).keys[0]


def source_keys_of(settings: Settings) -> SourceKeys:
    """The register of all sources' public keys. Raises ``UnusableSecret``."""
    path = settings.source_register
    try:
        return SourceKeys.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnusableSecret(f"{path} is missing: `folkmoot migrate` writes it, and every service reads it") from None
    except (Malformed, UnicodeDecodeError) as error:
        raise UnusableSecret(f"{path} is not a register of sources' keys: {error}") from None


def register_sources(settings: Settings, services: Iterable[str]) -> None:
    """Create the private keys that are missing, and add the public keys that the register does not have."""
    path = settings.source_register
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    known = {line.partition(" ")[0] for line in text.splitlines()}
    keys = (source_key_of(settings, service).verifier.format() for service in services)
    added = "".join(f"{key}\n" for key in keys if key not in known)
    if added:
        replace_secret(path, (text + added).encode())
        path.chmod(0o644)  # public, for all services to read
