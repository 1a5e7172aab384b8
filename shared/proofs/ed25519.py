"""Checking Ed25519 signatures in plain Python (RFC 8032 §5.1.7).

It takes a few milliseconds for each signature. That is fast enough for the few on a checkpoint, and needs no library to
install or trust. It only checks: this code never sees a secret, so it need not run in constant time.
"""

from __future__ import annotations

from hashlib import sha512

P = 2**255 - 19
"""The field's prime."""
L = 2**252 + 27742317777372353535851937790883648493
"""The order of the base point."""
D = -121665 * pow(121666, P - 2, P) % P
"""The curve's constant: -x² + y² = 1 + D x² y²."""
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (§5.1.4)."""

NEUTRAL: Point = (0, 1, 1, 0)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (64 bytes) of ``message`` was made by the owner of ``public_key`` (32 bytes).

    False for any other length, and for a number or point that is not in canonical form.
    """
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key = _decode(public_key)
    if key is None:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    k = int.from_bytes(sha512(r + public_key + message).digest(), "little") % L
    minus_key = (P - key[0], key[1], key[2], P - key[3])
    return _encode(_add(_multiply(s, BASE), _multiply(k, minus_key))) == r


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(factor: int, point: Point) -> Point:
    product = NEUTRAL
    while factor:
        if factor & 1:
            product = _add(product, point)
        point = _add(point, point)
        factor >>= 1
    return product


def _encode(point: Point) -> bytes:
    """32 bytes: y, and the lowest bit of x in the highest place (§5.1.2)."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(encoded: bytes) -> Point | None:
    """The point encoded in these 32 bytes (§5.1.3); None if they encode no point."""
    y = int.from_bytes(encoded, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT_OF_MINUS_ONE % P
        if v * x * x % P != u:
            return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


_base = _decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
assert _base is not None
BASE = _base
"""The base point, whose y is 4/5."""
