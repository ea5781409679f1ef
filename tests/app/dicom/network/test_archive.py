"""Query, fetch and send against a real archive, by DICOM and by DICOMweb."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

from analysis.errors import Cancelled
from analysis.network import RETRIEVE_BY, FoundStudy, NetworkSettings, Node, ReceiverSettings, RetrieveBy, StudyQuery
from app.dicom.network import query, web
from app.dicom.network.echo import echo
from app.dicom.network.errors import Refused
from app.dicom.network.outbox import Outbox
from app.dicom.network.receiver import Listeners
from app.dicom.network.retrieve import retrieve
from app.dicom.network.send import send_due
from app.dicom.network.sop_classes import PLAIN, WORKLIST_FIND
from tests.app.dicom.network.peers import (
    LOOPBACK,
    free_port,
    inbox_in,
    never,
    no_progress,
    receiving,
    spectra,
    uid_of,
)
from tests.app.dicom.objects import STUDY
from tests.benchmarks.receive_rate import running
from tests.orthanc import CALLER, PASSWORD, USER, Modality, running_orthanc


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return spectra(tmp_path_factory.mktemp("sent"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, files: list[Path]) -> Iterator[NetworkSettings]:
    """Settings whose one node is an archive that holds a study and knows where we listen."""
    password = tmp_path_factory.mktemp("secret") / "password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    port = free_port()
    with running_orthanc([Modality(CALLER, port)]) as archive:
        for file in files:
            archive.store(file.read_bytes())
        node = Node(
            "Orthanc",
            archive.aet,
            LOOPBACK,
            archive.dicom_port,
            web_url=f"{archive.url}/dicom-web",
            web_user=USER,
            web_password_file=str(password),
            commitment=True,
            may_send=True,
        )
        yield NetworkSettings(CALLER, (node,), ReceiverSettings(port=port))


@pytest.fixture
def node(settings: NetworkSettings) -> Node:
    return settings.nodes[0]


def the_study(found: list[FoundStudy]) -> FoundStudy:
    assert len(found) == 1
    return found[0]


def test_one_button_tests_both_ways(node: Node, settings: NetworkSettings) -> None:
    answer = echo(node, settings, never)
    assert "by DICOM within" in answer
    assert "by DICOMweb" in answer
    with pytest.raises(Refused, match="password"):
        echo(replace(node, web_user="nobody"), settings, never)


def test_both_ways_find_the_same_study_with_its_characters(node: Node, settings: NetworkSettings) -> None:
    by_dicom = the_study(query.find_studies(node, StudyQuery(patient_id=STUDY.patient_id), settings, never))
    assert by_dicom == the_study(web.find_studies(node, StudyQuery(patient_id=STUDY.patient_id), settings))
    assert by_dicom.study_instance_uid == STUDY.study_instance_uid
    assert by_dicom.description == STUDY.description
    assert not by_dicom.description.isascii()
    assert by_dicom.instances == 2
    assert query.find_studies(node, StudyQuery(date_from="20990101"), settings, never) == []
    assert query.find_studies(node, StudyQuery(patient_name="Nobody*"), settings, never) == []


def test_patients_series_and_priors(node: Node, settings: NetworkSettings) -> None:
    patient = query.find_patients(node, StudyQuery(patient_name="Test*"), settings, never)
    assert [one.patient_id for one in patient] == [STUDY.patient_id]
    series = query.find_series(node, STUDY.study_instance_uid, settings, never)
    assert [one.number for one in series] == ["2", "3"]
    assert sorted(map(str, series)) == sorted(map(str, web.find_series(node, STUDY.study_instance_uid, settings)))
    assert query.find_priors(node, STUDY.patient_id, STUDY.study_instance_uid, settings, never) == []
    assert len(query.find_priors(node, STUDY.patient_id, "1.2.3", settings, never)) == 1
    assert query.find_priors(node, "*", "1.2.3", settings, never) == []


@pytest.mark.parametrize("way", RETRIEVE_BY)
def test_every_way_of_fetching_brings_the_same_objects(
    way: RetrieveBy, node: Node, settings: NetworkSettings, files: list[Path], tmp_path: Path
) -> None:
    inbox, chosen = inbox_in(tmp_path / "inbox"), replace(node, retrieve_by=way)
    with receiving(settings, inbox):
        fetched = retrieve(chosen, STUDY.study_instance_uid, inbox, settings, progress=no_progress, stop=never)
    assert (fetched.stored, fetched.failed) == (2, 0)
    for file in files:
        place = inbox.place_of(uid_of(file))
        assert place is not None
        assert dcmread(place) == dcmread(file)


def test_what_is_not_there_or_stopped_is_said(node: Node, settings: NetworkSettings, tmp_path: Path) -> None:
    inbox = inbox_in(tmp_path / "inbox")
    for way in ("C-GET", "DICOMweb"):
        with pytest.raises(Refused, match="nothing of the study|no such thing|could not send the study"):
            retrieve(replace(node, retrieve_by=way), "1.2.3.4", inbox, settings, progress=no_progress, stop=never)
        with pytest.raises(Cancelled):
            retrieve(
                replace(node, retrieve_by=way),
                STUDY.study_instance_uid,
                inbox,
                settings,
                progress=no_progress,
                stop=lambda: True,
            )
    stranger = replace(settings, ae_title="STRANGER")
    with pytest.raises(Refused, match="must be entered there|cannot send to us|nothing of the study|offers none"):
        retrieve(replace(node, retrieve_by="C-MOVE"), STUDY.study_instance_uid, inbox, stranger,
                 progress=no_progress, stop=never)  # fmt: skip


def test_what_is_sent_is_confirmed_by_the_archive(
    node: Node, settings: NetworkSettings, files: list[Path], tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.add(files, node.name)
    listeners = Listeners(commitment=lambda *answer: outbox.confirmed(*answer))
    with receiving(settings, inbox_in(tmp_path / "inbox"), listeners):
        assert send_due(outbox, settings, never) == 2
        end_s = time.monotonic() + 30
        while {item.state for item in outbox.items()} != {"committed"} and time.monotonic() < end_s:
            time.sleep(0.05)
    assert [item.state for item in outbox.items()] == ["committed"] * 2


def test_the_archives_worklist_is_read(tmp_path: Path) -> None:
    step, entry = Dataset(), Dataset()
    step.ScheduledStationAETitle, step.Modality = "SCANNER", "MR"
    step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = "20260105", "103000"
    step.ScheduledProcedureStepDescription = "Lumbar spine"
    entry.SpecificCharacterSet, entry.PatientName, entry.PatientID = "ISO_IR 100", "Müller^Invented", "T1"
    entry.AccessionNumber, entry.StudyInstanceUID, entry.ScheduledProcedureStepSequence = "A7", "1.2.3", [step]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = WORKLIST_FIND, "1.2.3.4"
    meta.TransferSyntaxUID = PLAIN[0]
    file = FileDataset(str(tmp_path / "one.wl"), entry, preamble=b"\0" * 128, file_meta=meta)
    file.save_as(tmp_path / "one.wl", enforce_file_format=True)
    with running_orthanc(options={"Worklists": {"Enable": True, "Database": str(tmp_path)}}) as archive:
        node, settings = Node("Orthanc", archive.aet, LOOPBACK, archive.dicom_port), NetworkSettings(CALLER)
        found = query.find_worklist(node, StudyQuery(date_from="20260105", date_to="20260105"), settings, never)
        assert query.find_worklist(node, StudyQuery(date_from="20260106"), settings, never) == []
    assert [(one.patient_name, one.accession_number, one.description, one.modality) for one in found] == [
        ("Müller^Invented", "A7", "Lumbar spine", "MR")
    ]


def test_dcmtk_takes_what_is_sent(files: list[Path], tmp_path: Path) -> None:
    if shutil.which("storescp") is None:
        pytest.skip("storescp is needed (apt-get install dcmtk)")
    port, outbox = free_port(), Outbox(tmp_path / "outbox")
    (tmp_path / "there").mkdir()
    outbox.add(files, "dcmtk")
    with running(["storescp", "-od", str(tmp_path / "there"), str(port)], port):
        send_due(outbox, NetworkSettings(nodes=(Node("dcmtk", "STORESCP", LOOPBACK, port),)), never)
    assert [item.answer for item in outbox.items()] == ["stored"] * 2
    there = {uid_of(file): dcmread(file) for file in (tmp_path / "there").iterdir()}
    assert all(there[uid_of(file)] == dcmread(file) for file in files)


def test_stow_sends_too(node: Node, settings: NetworkSettings, files: list[Path], tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.add(files[:1], node.name)
    send_due(outbox, replace(settings, nodes=(replace(node, send_by="STOW"),)), never)
    assert [(item.state, item.answer) for item in outbox.items()] == [("sent", "stored by DICOMweb")]
