"""Keys and signed tokens: RS256 (RFC 7518, 3.3), JWS compact form (RFC 7515, 7.1), key sets (RFC 7517)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Claims = dict[str, Any]

_KEY_BITS: Final = 2048
_MAX_TOKEN: Final = 16 * 1024


class BadToken(ValueError):  # noqa: N818 -- a caller reads `except BadToken`: the word is the verdict
    """A token that was not signed here, or not for this."""


class KeyRing:
    """The realm's signing keys, the newest first. Old ones still verify until they are dropped."""

    def __init__(self, first: rsa.RSAPrivateKey | None = None) -> None:
        """Start with a key that was made before, or make one (a tenth of a second)."""
        self._keys: list[tuple[str, rsa.RSAPrivateKey]] = []
        self._add(first or new_key(), keep_old=False)

    def rotate(self, *, keep_old: bool = True) -> str:
        """Sign with a new key from now on and return its `kid`; without `keep_old` all earlier tokens become void."""
        return self._add(new_key(), keep_old=keep_old)

    def _add(self, key: rsa.RSAPrivateKey, *, keep_old: bool) -> str:
        kid = b64(secrets.token_bytes(32))
        self._keys = [(kid, key), *(self._keys if keep_old else [])]
        return kid

    def key_set(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JWK set."""
        return {"keys": [_jwk(kid, key.public_key()) for kid, key in self._keys]}

    def sign(self, claims: Claims, *, kid: str | None = None) -> str:
        """Return a token signed by the newest key; another `kid` is only claimed, for a fault."""
        own, key = self._keys[0]
        signed = _segment({"alg": "RS256", "typ": "JWT", "kid": kid or own}) + "." + _segment(claims)
        return f"{signed}.{b64(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def verify(self, token: str) -> Claims:
        """Return the claims of a token that one of the keys has signed; raises BadToken. Times are not looked at."""
        try:
            head, body, signature = token.split(".") if len(token) <= _MAX_TOKEN else ("", "", "")
            header = json.loads(unb64(head))
            key = next(key for kid, key in self._keys if kid == header["kid"] and header["alg"] == "RS256")
            key.public_key().verify(unb64(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
            claims: Claims = json.loads(unb64(body))
        except (ValueError, KeyError, TypeError, StopIteration, InvalidSignature) as error:
            raise BadToken("not signed here") from error
        return claims

    def confused(self, claims: Claims) -> str:
        """Return a token signed by HMAC with the public key as its secret: the old trick on careless readers."""
        kid, key = self._keys[0]
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        signed = _segment({"alg": "HS256", "typ": "JWT", "kid": kid}) + "." + _segment(claims)
        return f"{signed}.{b64(hmac.digest(public, signed.encode(), 'sha256'))}"


def new_key() -> rsa.RSAPrivateKey:
    """Make a key of 2048 bits."""
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def unsigned(claims: Claims) -> str:
    """Return a token with `alg` none and no signature (RFC 7518, 3.6)."""
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(claims)}."


def tampered(token: str, claims: Claims) -> str:
    """Return a token whose claims were exchanged after it was signed."""
    head, _body, signature = token.split(".")
    return f"{head}.{_segment(claims)}.{signature}"


def half_hash(token: str) -> str:
    """Return `at_hash` for a token: the left half of its SHA-256 (OpenID Connect Core, 3.1.3.6)."""
    return b64(hashlib.sha256(token.encode()).digest()[:16])


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a code verifier (RFC 7636, 4.2)."""
    return b64(hashlib.sha256(verifier.encode()).digest())


def b64(data: bytes) -> str:
    """Encode in base64url without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode base64url without padding; raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error


def _segment(data: object) -> str:
    return b64(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())


def _jwk(kid: str, key: rsa.RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {
        "kid": kid,
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "n": b64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": b64(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")),
    }
