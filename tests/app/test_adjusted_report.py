"""A signed report of an adjusted reading: computed again from the raw files with the settings that it carries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from analysis.nucleus import NucleusOutline
from analysis.nucleus_proposal import propose_nucleus
from analysis.pipeline import analyse
from analysis.readers import read_studies
from analysis.reading import Reading, VoxelReading, exam_settings, voxel_key
from analysis.types import FitSettings
from analysis.voxel_settings import GateOverride, VoxelSettings
from app.demo import make_demo
from app.headless import verify
from app.report_preview import ReportInput
from app.resource_files import load_protocol, load_spin_library
from app.window_report import make_report, proposed_signer, sign_report
from widgets.report_settings import ReportSettings
from widgets.sign_dialog import SignIdentity


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_demo(folder, 5)
    return folder


@pytest.mark.parametrize("told", [True, False], ids=["with its settings", "without them"])
def test_it_agrees_only_with_the_readers_settings(
    demo: Path, tmp_path: Path, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    study = read_studies([demo])[0]
    settings = VoxelSettings(
        fit=FitSettings(phase0_rad=0.3, left_out=("Coll",)), label="L6-S1", accepted_gates=(GateOverride("x", "y"),)
    )
    fifth = study.acquisitions[4]
    assert fifth.voxel is not None
    outline = NucleusOutline(
        (
            propose_nucleus(fifth.voxel, fifth.frame_of_reference_uid, study.volumes, "sagittal"),
            propose_nucleus(fifth.voxel, fifth.frame_of_reference_uid, study.volumes, "axial"),
        )
    )
    reading = replace(Reading(), impression="Seen.").with_voxel(
        voxel_key(fifth), VoxelReading(settings, nucleus=outline)
    )
    protocol = load_protocol("disc")
    exam = analyse(study, protocol, load_spin_library(), settings=exam_settings(reading, study))
    signer = proposed_signer(study)
    assert signer.certificate is not None
    kept = reading if told else Reading()
    pdf = make_report(ReportInput(study, exam, protocol, kept, datetime.now().astimezone())).pdf
    identity = SignIdentity("file", signer.certificate, secret=signer.passphrase)
    path = tmp_path / "report.pdf"
    path.write_bytes(sign_report(pdf, identity, "author, final report", ReportSettings(), simulated=True))
    root = next(signer.certificate.parent.glob("*.pem"))
    status = verify(path, demo, root)
    text = capsys.readouterr().out
    assert ("every number agrees" in text) == told
    assert (status == 0) == told
