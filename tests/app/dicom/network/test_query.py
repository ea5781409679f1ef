"""Queries against a scripted peer: character sets, the worklist, refusals, too many answers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from analysis.network import NetworkSettings, Node, StudyQuery
from app.dicom.network import query
from app.dicom.network.errors import Refused
from app.dicom.network.sop_classes import PLAIN, STUDY_FIND, WORKLIST_FIND
from tests.app.dicom.network.peers import LOOPBACK, never

SETTINGS = NetworkSettings()


@contextlib.contextmanager
def peer(answers: list[tuple[int, Dataset | None]], asked: list[Dataset]) -> Iterator[Node]:
    def on_find(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        asked.append(event.identifier)
        yield from answers

    entity = AE("PEER")
    for model in (STUDY_FIND, WORKLIST_FIND):
        entity.add_supported_context(model, list(PLAIN))
    server = entity.start_server((LOOPBACK, 0), block=False, evt_handlers=[(evt.EVT_C_FIND, on_find)])
    try:
        yield Node("peer", "PEER", LOOPBACK, server.server_address[1])
    finally:
        server.shutdown()


def study(name: str, charset: str) -> Dataset:
    found = Dataset()
    found.SpecificCharacterSet, found.PatientName, found.StudyInstanceUID = charset, name, "1.2.3"
    found.ModalitiesInStudy = ["MR", "SR"]
    return found


@pytest.mark.parametrize(
    ("name", "charset"),
    [
        ("Müller^Jörg", "ISO_IR 100"),
        ("Müller^Jörg", "ISO_IR 192"),
        ("Люкceмбypг", "ISO_IR 144"),
        ("Yamada^山田", "ISO_IR 192"),
    ],
)
def test_names_are_read_in_the_character_set_of_the_answer(name: str, charset: str) -> None:
    asked: list[Dataset] = []
    with peer([(0xFF00, study(name, charset))], asked) as node:
        found = query.find_studies(node, StudyQuery(patient_name=name), SETTINGS, never)
    assert [one.patient_name for one in found] == [name]
    assert [one.modalities for one in found] == ["MR, SR"]
    assert str(asked[0].PatientName) == name


def test_an_answer_in_a_wrong_character_set_is_shown_as_far_as_it_can_be() -> None:
    wrong = study("x", "ISO_IR 192")
    wrong.PatientName = b"M\xfcller"
    with peer([(0xFF00, wrong)], []) as node:
        assert query.find_studies(node, StudyQuery(), SETTINGS, never)[0].patient_name.startswith("M")


def test_dates_are_asked_for_as_ranges() -> None:
    asked: list[Dataset] = []
    with peer([], asked) as node:
        for wanted in (("20260101", ""), ("", "20260131"), ("20260105", "20260105"), ("", "")):
            query.find_studies(node, StudyQuery(date_from=wanted[0], date_to=wanted[1]), SETTINGS, never)
    assert [one.StudyDate for one in asked] == ["20260101-", "-20260131", "20260105", ""]


def test_the_worklist_is_read_from_its_scheduled_step() -> None:
    step = Dataset()
    step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = "20260105", "1030"
    step.Modality, step.ScheduledStationAETitle, step.ScheduledProcedureStepDescription = "MR", "SCANNER", "Spine"
    entry = Dataset()
    entry.PatientName, entry.PatientID, entry.AccessionNumber = "Test^Invented", "T1", "A7"
    entry.ScheduledProcedureStepSequence = [step]
    asked: list[Dataset] = []
    bare = Dataset()
    bare.PatientID = ""
    with peer([(0xFF00, entry), (0xFF00, bare)], asked) as node:
        found = query.find_worklist(node, StudyQuery(modality="MR", date_from="20260105"), SETTINGS, never)
    assert (found[0].patient_id, found[0].accession_number, found[0].date, found[0].modality) == (
        "T1",
        "A7",
        "20260105",
        "MR",
    )
    assert found[1].patient_id == ""
    assert asked[0].ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate == "20260105-"


def test_a_refusal_is_said_and_endless_answers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer([(0xA900, None)], []) as node, pytest.raises(Refused, match="0xA900"):
        query.find_studies(node, StudyQuery(), SETTINGS, never)
    monkeypatch.setattr(query, "MOST_ANSWERS", 3)
    with peer([(0xFF00, study("A", "ISO_IR 100"))] * 10, []) as node:
        assert len(query.find_studies(node, StudyQuery(), SETTINGS, never)) == 3
