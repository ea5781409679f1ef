"""A signature token made of software (SoftHSM), with a signer's key and chain on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests.app.report.pki import Entity

PIN, OFFICER_PIN = "4711", "0815"
LABEL = "Test token"
_PLACES = (Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"))


@dataclass(frozen=True)
class SoftToken:
    """The token's library, and the signer whose key it holds."""

    module: Path
    signer: Entity


def make_token(folder: Path, signer: Entity, authority: Entity) -> SoftToken:
    """Set SoftHSM up in a folder: for the whole process, because its library is loaded once."""
    module = next((place for place in _PLACES if place.exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM (softhsm2) is not installed")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    key = folder / "key.pem"
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(signer.key.private_bytes(*encoding))
    _run("--init-token", "--free", "--label", LABEL, "--so-pin", OFFICER_PIN, "--pin", PIN)
    _run("--import", str(key), "--token", LABEL, "--label", "key", "--id", "a1", "--pin", PIN)
    key.unlink()
    _put_certificates(module, {b"\xa1": signer, b"\xa2": authority})
    return SoftToken(module, signer)


def _run(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


def _put_certificates(module: Path, certificates: dict[bytes, Entity]) -> None:
    import pkcs11
    from pkcs11.util.x509 import decode_x509_certificate

    token = pkcs11.lib(str(module)).get_token(token_label=LABEL)
    with token.open(rw=True, user_pin=PIN) as session:
        for identifier, entity in certificates.items():
            content = decode_x509_certificate(entity.certificate.public_bytes(serialization.Encoding.DER))
            session.create_object(
                {
                    **content,
                    pkcs11.Attribute.TOKEN: True,
                    pkcs11.Attribute.PRIVATE: False,
                    pkcs11.Attribute.LABEL: "certificate",
                    pkcs11.Attribute.ID: identifier,
                }
            )
