"""The test of a node, in plain words: C-ECHO where it speaks DICOM, a small QIDO query where it has DICOMweb."""

from __future__ import annotations

import time

from pydicom.uid import ImplicitVRLittleEndian

from analysis.network import NetworkSettings, Node
from analysis.types import Stop
from app.dicom.network.association import Wanted, answered, associated
from app.dicom.network.errors import Refused
from app.dicom.network.sop_classes import VERIFICATION


def echo(node: Node, settings: NetworkSettings, stop: Stop) -> str:
    """Ask a node whether it is there, in every way that it is configured for, and return its answer as a sentence.

    Raises
    ------
    NetworkProblem
        If it does not answer as it should.
    """
    answers = []
    if node.host:
        answers.append(_dicom(node, settings, stop))
    if node.web_url:
        from app.dicom.network.web import test_service

        answers.append(test_service(node, settings))
    return " ".join(answers)


def _dicom(node: Node, settings: NetworkSettings, stop: Stop) -> str:
    began_s = time.monotonic()
    wanted = Wanted([(VERIFICATION, [str(ImplicitVRLittleEndian)])])
    with associated(node, settings, wanted, stop) as association:
        status = answered(node, association.send_c_echo())
    if status != 0:
        raise Refused(f"{node.name} answers, but with status 0x{status:04X}.")
    how = "DICOM with TLS" if node.tls else "DICOM"
    return f"{node.name} answers by {how} within {1e3 * (time.monotonic() - began_s):.0f} ms."
