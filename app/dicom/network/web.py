"""DICOMweb as the alternative: QIDO to look, WADO for whole instances, STOW to send.

Data never come from WADO's metadata: Orthanc's plug-in 1.7 gives one number there for a whole spectrum.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session_from_user_pass
from pydicom import dcmread
from pydicom.dataset import Dataset

from analysis.errors import Cancelled
from analysis.network import FoundSeries, FoundStudy, NetworkSettings, Node, StudyQuery
from analysis.types import Progress, Stop
from app.dicom.network.errors import NetworkProblem, Refused, Unreachable
from app.dicom.network.fetched import Fetched
from app.dicom.network.inbox import Inbox
from app.dicom.network.query import MOST_ANSWERS, date_range, series_in, study_in
from app.dicom.network.tls import secret_in


class _Limited(requests.adapters.HTTPAdapter):
    """Gives every request a time, which dicomweb-client does not."""

    def __init__(self, connect_s: float, answer_s: float) -> None:
        super().__init__()
        self._times = (connect_s, answer_s)

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        options["timeout"] = self._times
        return super().send(request, *args, **options)


@contextmanager
def _client(node: Node, settings: NetworkSettings) -> Iterator[DICOMwebClient]:
    """Hold a client of a node's service; what it raises becomes a sentence."""
    if node.web_user:
        password = secret_in(Path(node.web_password_file)) if node.web_password_file else ""
        session = create_session_from_user_pass(node.web_user, password)
    else:
        session = requests.Session()
    session.trust_env = False  # no proxy and no password of the surroundings
    if settings.tls.authority and node.web_url.startswith("https"):
        session.verify = settings.tls.authority
    limited = _Limited(settings.limits.connect_s, settings.limits.answer_s)
    session.mount("http://", limited)
    session.mount("https://", limited)
    try:
        client = DICOMwebClient(node.web_url, session=session)
        client.set_http_retry_params(retry=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield client
    except requests.exceptions.HTTPError as error:
        raise _of_status(node, error) from error
    except requests.exceptions.SSLError as error:
        raise Refused(f"{node.name} is not trusted, or does not speak HTTPS.") from error
    except requests.exceptions.Timeout as error:
        raise Unreachable(f"{node.name} did not answer in time by DICOMweb; try again.") from error
    except requests.exceptions.RequestException as error:
        raise Unreachable(f"{node.name} cannot be reached by DICOMweb; check its address.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreachable(f"{node.name} does not answer as DICOMweb does; check its address.") from error
    finally:
        session.close()


def _of_status(node: Node, error: requests.exceptions.HTTPError) -> NetworkProblem:
    code = error.response.status_code if error.response is not None else 0
    if code in (401, 403):
        return Refused(f"{node.name} refuses the user or the password by DICOMweb.")
    if code == 404:
        return Refused(f"{node.name} has no such thing by DICOMweb (status 404); check its address.")
    kind = Unreachable if code >= 500 or code in (0, 408, 429) else Refused
    return kind(f"{node.name} answered by DICOMweb with status {code}.")


def test_service(node: Node, settings: NetworkSettings) -> str:
    """Ask for one study to see that the service is there; returns a sentence, and raises NetworkProblem."""
    with _client(node, settings) as client:
        client.search_for_studies(limit=1)
    return f"{node.name} answers by DICOMweb."


test_service.__test__ = False  # type: ignore[attr-defined]


def find_studies(node: Node, query: StudyQuery, settings: NetworkSettings) -> list[FoundStudy]:
    """Return the studies that match (QIDO-RS), the newest first. Raises NetworkProblem."""
    asked = {
        "PatientName": query.patient_name,
        "PatientID": query.patient_id,
        "AccessionNumber": query.accession_number,
        "StudyDate": date_range(query),
        "ModalitiesInStudy": query.modality,
        "StudyInstanceUID": query.study_instance_uid,
    }
    with _client(node, settings) as client:
        found = client.search_for_studies(
            limit=MOST_ANSWERS,
            fields=["StudyDescription", "PatientBirthDate", "NumberOfStudyRelatedInstances", "ModalitiesInStudy"],
            search_filters={key: value for key, value in asked.items() if value},
        )
        studies = [study_in(Dataset.from_json(one)) for one in found]
    return sorted(studies, key=lambda study: study.study_date, reverse=True)


def find_series(node: Node, study_uid: str, settings: NetworkSettings) -> list[FoundSeries]:
    """Return the series of a study (QIDO-RS). Raises NetworkProblem."""
    with _client(node, settings) as client:
        return [series_in(Dataset.from_json(one)) for one in client.search_for_series(study_uid)]


def retrieve(
    node: Node,
    study_uid: str,
    inbox: Inbox,
    settings: NetworkSettings,
    *,
    progress: Progress,
    stop: Stop,
    series_uid: str = "",
) -> Fetched:
    """Fetch whole instances (WADO-RS) into the inbox; raises NetworkProblem, or Cancelled where stopped."""
    stored = failed = 0
    with _client(node, settings) as client:
        wanted = client.search_for_instances(study_uid, series_uid or None)
        for number, one in enumerate(wanted):
            if stop():
                raise Cancelled("Fetching was cancelled; what had come stays.")
            found = Dataset.from_json(one)
            instance = client.retrieve_instance(
                study_uid,
                series_uid or str(found.SeriesInstanceUID),
                str(found.SOPInstanceUID),
                media_types=(("application/dicom", "*"),),
            )
            good = _keep(instance, inbox)
            stored, failed = stored + good, failed + (not good)
            progress((number + 1) / len(wanted), f"{number + 1} of {len(wanted)} objects fetched")
    if not stored:
        raise Refused(f"{node.name} sent nothing of the study by DICOMweb.")
    return Fetched(stored, failed)


def _keep(instance: Dataset, inbox: Inbox) -> bool:
    written = io.BytesIO()
    instance.save_as(written, enforce_file_format=True)
    sink = inbox.sink()
    sink.write(written.getvalue())
    return inbox.keep(sink, str(instance.SOPInstanceUID)) in ("kept", "same", "different")


def store(node: Node, path: Path, settings: NetworkSettings) -> str:
    """Send one object (STOW-RS) and return the answer in words.

    Raises
    ------
    NetworkProblem
        If it was not stored.
    """
    instance = dcmread(path)
    with _client(node, settings) as client:
        answer = client.store_instances([instance])
    if answer.get("FailedSOPSequence"):
        reason = answer.FailedSOPSequence[0].get("FailureReason")
        raise Refused(f"{node.name} refused the object by DICOMweb (reason 0x{int(reason or 0):04X}).")
    return "stored by DICOMweb"
