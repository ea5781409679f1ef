"""The archive of the tests: it answers here, and nobody else can reach it."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import (
    MRSpectroscopyStorage,
    PatientRootQueryRetrieveInformationModelMove,
    Verification,
)

from app.dicom.write_spectroscopy import write_spectroscopy
from tests.app.dicom.objects import STUDY, signal
from tests.orthanc import CALLER, Modality, running_orthanc


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_it_stores_sends_back_and_is_out_of_reach_of_others(tmp_path: Path) -> None:
    port, received, arrived = free_port(), [], threading.Event()

    def on_store(event: evt.Event) -> int:
        received.append(str(event.dataset.SOPInstanceUID))
        arrived.set()
        return 0

    write_spectroscopy(tmp_path / "m.dcm", STUDY, signal())
    with running_orthanc([Modality(CALLER, port)]) as archive:
        assert archive.store((tmp_path / "m.dcm").read_bytes())["Status"] == "Success"
        assert len(json.loads(archive.get("/instances"))) == 1
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            urllib.request.urlopen(f"{archive.url}/system")
        refused.value.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", 4242), timeout=5)
        listener = AE(CALLER)
        listener.add_supported_context(MRSpectroscopyStorage)
        server = listener.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, on_store)])
        caller = AE(CALLER)
        caller.add_requested_context(Verification)
        caller.add_requested_context(PatientRootQueryRetrieveInformationModelMove)
        association = caller.associate("127.0.0.1", archive.dicom_port, ae_title=archive.aet)
        assert association.send_c_echo().Status == 0
        wanted = Dataset()
        wanted.QueryRetrieveLevel, wanted.PatientID = "PATIENT", STUDY.patient_id
        move = PatientRootQueryRetrieveInformationModelMove
        assert [status.Status for status, _ in association.send_c_move(wanted, CALLER, move)][-1] == 0
        association.release()
        assert arrived.wait(30)
        server.shutdown()
    assert received == [signal().sop_instance_uid]
