"""Signing and verifying from the command line: time stamps, trust, and the report that was signed first."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import DiscernError
from app.cli import main
from app.headless import signer_from
from app.report.certificates import DemoSigner
from app.report.signing import Signer, sign_pdf
from app.report.trust import Trust
from tests.app.report.certificate_making import PASSPHRASE, signer_of
from tests.app.report.pki import Pki
from tests.app.report.test_verify import addendum


def test_the_options_make_a_signer_that_stamps(hospital: Pki, draft: bytes, tmp_path: Path, capsys) -> None:
    p12 = hospital.p12(tmp_path, hospital.signer())
    (tmp_path / "secret").write_bytes(PASSPHRASE + b"\n")
    root = tmp_path / "root.pem"
    root.write_bytes(hospital.root.pem)
    signer = signer_from(p12, tmp_path / "secret", f"{hospital.url}/tsa", root)
    assert signer is not None
    assert signer.stamping is not None
    assert signer.stamping.trust == Trust((hospital.root.pem,))
    report = tmp_path / "report.pdf"
    report.write_bytes(sign_pdf(draft, signer))
    assert main(["verify", str(report), "--trust", str(root)]) == 0
    told = capsys.readouterr().out
    assert "time stamped on" in told
    assert "This report is valid." in told
    assert main(["verify", str(report)]) == 2
    assert "NOT TRUSTED" in capsys.readouterr().out


@pytest.mark.parametrize("url", ["tsa.example.org", "ftp://tsa.example.org", "https://me:pa55@tsa.example.org"])
def test_an_address_that_cannot_be_is_a_sentence(demo: DemoSigner, url: str) -> None:
    with pytest.raises(DiscernError) as caught:
        signer_from(demo.p12, demo.passphrase_file, url)
    assert "pa55" not in str(caught.value)


def test_the_report_before_its_addendum_is_written_as_it_was_signed(
    signed: bytes, demo: DemoSigner, signer: Signer, tmp_path: Path, capsys
) -> None:
    once = signer_of(demo)
    assert once == signer
    later, first = tmp_path / "later.pdf", tmp_path / "first.pdf"
    later.write_bytes(addendum(signed, demo.p12, once.key.passphrase))
    root = str(demo.root)
    assert main(["verify", str(later), "--trust", root, "--extract-original", str(first)]) == 0
    assert first.read_bytes() == signed
    assert main(["verify", str(first), "--trust", root]) == 0
    assert main(["verify", str(first), "--trust", root, "--extract-original", str(later)]) == 2
    assert "No earlier signed report" in capsys.readouterr().err
