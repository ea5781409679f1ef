"""Other names for what names somebody: the same UID or patient gets the same one under one key, and none without it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.uid import UID

from analysis.errors import DiscernError
from app.atomic_file import reason_of

_KEY_BYTES = 32


class KeyProblem(DiscernError):
    """A key file that cannot be used."""


@dataclass(frozen=True)
class Pseudonyms:
    """Makes pseudonyms under a secret key (HMAC-SHA-256): who has not the key can neither invert nor test a guess."""

    key: bytes = field(repr=False)

    def uid(self, original: str) -> str:
        """Return the UID that stands for another one (a UUID under the 2.25 root, PS3.5 B.2).

        UIDs that the standard defines, such as SOP classes, name nobody and stay.
        """
        if UID(original).name != original:
            return original
        return UID(f"2.25.{int.from_bytes(self._digest('uid', original)[:16], 'big')}")

    def patient(self, patient_id: str) -> str:
        """Return the ID that stands for a patient; it serves as the name, too."""
        return f"ANON{self._digest('patient', patient_id)[:6].hex().upper()}"

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self.key, f"{kind}\0{text}".encode(), hashlib.sha256)


def fresh_pseudonyms() -> Pseudonyms:
    """Return pseudonyms under a key that nobody keeps: no later copy can be linked to this one."""
    return Pseudonyms(secrets.token_bytes(_KEY_BYTES))


def pseudonyms_of(path: Path) -> Pseudonyms:
    """Return pseudonyms under the key of a file, which is made (readable by its owner only) where it is missing.

    Raises
    ------
    KeyProblem
        If it can be neither read nor made, or is no key.
    """
    try:
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES).hex().encode() + b"\n")
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise KeyProblem(f"The key file {path} cannot be used: {reason_of(error)}.") from error
    except ValueError as error:
        raise KeyProblem(f"{path} is no key file; name a new file, and one will be made.") from error
    if len(key) != _KEY_BYTES:
        raise KeyProblem(f"{path} is no key file; name a new file, and one will be made.")
    return Pseudonyms(key)
