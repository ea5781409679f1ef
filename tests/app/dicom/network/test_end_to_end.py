"""From the archive and back: ask, fetch, analyse, sign, build the objects, send, look what the archive holds."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO

from analysis.network import NetworkSettings, Node, StudyQuery
from analysis.readers import read_studies
from app.batch import AnalyseRequest
from app.batch.one_source import analyse_source
from app.cli import main
from app.demo import make_demo
from app.dicom.export import write_export
from app.dicom.network.inbox import name_of
from app.dicom.network.query import find_studies
from app.dicom.network.retrieve import retrieve
from app.dicom.network.settings_file import save_settings
from app.headless import signer_from
from tests.app.dicom.network.peers import LOOPBACK, dcmtk, inbox_in, never, no_progress
from tests.orthanc import CALLER, Orthanc, running_orthanc


def held(archive: Orthanc, uid: str) -> bytes:
    """Return the file that the archive holds of an object."""
    asked = json.dumps({"Level": "Instance", "Query": {"SOPInstanceUID": uid}}).encode()
    with urllib.request.urlopen(archive.request("/tools/find", data=asked, method="POST"), timeout=60) as answer:
        (found,) = json.load(answer)
    return archive.get(f"/instances/{found}/file")


@pytest.mark.slow
def test_a_study_comes_from_the_archive_and_its_signed_report_goes_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = make_demo(tmp_path / "demo")
    sent = sorted(demo.rglob("*.dcm"))
    signer = signer_from(demo / "signer" / "demo-signer.p12", demo / "signer" / "demo-signer.passphrase")
    with running_orthanc() as archive:
        node = Node("Orthanc", archive.aet, LOOPBACK, archive.dicom_port)
        settings = NetworkSettings(CALLER, (node,))
        scanner = dcmtk("storescu", "-aet", CALLER, "-aec", archive.aet, "-R", LOOPBACK, archive.dicom_port, *sent)
        assert scanner.returncode == 0, scanner.stderr

        (study,) = find_studies(node, StudyQuery(modality="MR"), settings, never)
        assert study.instances == len(sent)
        inbox = inbox_in(tmp_path / "inbox")
        fetched = retrieve(node, study.study_instance_uid, inbox, settings, progress=no_progress, stop=never)
        assert (fetched.stored, fetched.failed) == (len(sent), 0)
        assert len(list(inbox.sort_arrived())) == len(sent)
        folder = inbox.studies / name_of(study.study_instance_uid)

        outcome = analyse_source(folder, AnalyseRequest(tmp_path / "results", None, signer))
        assert len(outcome.reports) == 1, outcome.sentences
        pdf = outcome.reports[0].read_bytes()
        (read,) = read_studies([folder])
        made = write_export(tmp_path / "export", read, pdf)

        save_settings(settings)
        files = [str(tmp_path / "export" / one.name) for one in made]
        assert main(["send", *files, "--to", "Orthanc", "--wait", "60"]) == 0
        told = capsys.readouterr().out
        assert told.count(": sent: stored") == len(made)
        for one in made:
            back = dcmread(DicomBytesIO(held(archive, one.sop_instance_uid)))
            assert back == dcmread(DicomBytesIO(one.data)), one.name
            assert back.StudyInstanceUID == study.study_instance_uid
            if "EncapsulatedDocument" in back:
                assert back.EncapsulatedDocument[: len(pdf)] == pdf
        (after,) = find_studies(node, StudyQuery(), settings, never)
        assert after.instances == len(sent) + len(made)
        assert {"MR", "SR"} < set(after.modalities.split(", "))
