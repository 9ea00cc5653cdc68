"""The ciphers of SNMPv3: CFB128-AES-128 (RFC 3826) and CBC-DES (RFC 3414 section 8)."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .ber import BerError


def _cipher(name: str, key: bytes, boots: int, seconds: int, salt: bytes) -> Cipher[CFB] | Cipher[modes.CBC]:
    if len(salt) != 8:
        raise BerError("privacy parameters are eight octets")
    if name == "aes128":
        vector = (boots & 0xFFFFFFFF).to_bytes(4, "big") + (seconds & 0xFFFFFFFF).to_bytes(4, "big") + salt
        return Cipher(algorithms.AES(key), CFB(vector))
    vector = bytes(a ^ b for a, b in zip(key[8:16], salt, strict=True))
    # Triple DES with one key thrice is single DES, which the library no longer offers by itself.
    return Cipher(TripleDES(key[:8] * 3), modes.CBC(vector))


def encrypt(name: str, key: bytes, boots: int, seconds: int, salt: bytes, data: bytes) -> bytes:
    """Return the cipher text; DES pads to eight octets."""
    if name == "des":
        data += bytes(-len(data) % 8)
    worker = _cipher(name, key, boots, seconds, salt).encryptor()
    return worker.update(data) + worker.finalize()


def decrypt(name: str, key: bytes, boots: int, seconds: int, salt: bytes, data: bytes) -> bytes:
    """Return the plain text; raise BerError for a wrong size."""
    if name == "des" and len(data) % 8:
        raise BerError("DES works on blocks of eight octets")
    worker = _cipher(name, key, boots, seconds, salt).decryptor()
    return worker.update(data) + worker.finalize()
