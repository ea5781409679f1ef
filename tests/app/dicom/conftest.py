"""A small study and its signed report, made once for all tests of the archive's objects."""

from __future__ import annotations

import pytest

from analysis.types import Study
from app.dicom.derived import NamedObject
from app.dicom.export import export_objects
from app.report.certificates import DemoSigner, make_demo_signer
from app.report.signing import sign_pdf
from tests.app.dicom.archive_samples import document, pdf_of, write_study
from tests.app.report.certificate_making import signer_of


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session")
def archive_signer(tmp_path_factory: pytest.TempPathFactory) -> DemoSigner:
    return make_demo_signer(tmp_path_factory.mktemp("signer"))


@pytest.fixture(scope="session")
def signed(study: Study, archive_signer: DemoSigner) -> bytes:
    return sign_pdf(pdf_of(document(study)), signer_of(archive_signer))


@pytest.fixture(scope="session")
def objects(study: Study, signed: bytes) -> tuple[NamedObject, ...]:
    return export_objects(study, signed)
