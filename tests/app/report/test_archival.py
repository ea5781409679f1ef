from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageCms

from analysis.protocol import Protocol
from analysis.types import ExamResult, Study
from app.report import report_bytes
from app.report.attach import attach_results
from app.report.errors import ReportError
from app.report.srgb_profile import srgb_profile
from app.report.template import site_template_folder
from app.resource_files import resource_path
from tests.app.report.conftest import source_of

MADE = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


def test_the_profile_is_srgb_for_another_colour_engine() -> None:
    """Little CMS has its own sRGB: converting from ours to its must change nothing."""
    ours = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    theirs = ImageCms.createProfile("sRGB")
    steps = np.linspace(0, 255, 18).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(18, -1, 3)
    image = Image.fromarray(np.ascontiguousarray(colours))
    for one, other in ((ours, theirs), (theirs, ours)):
        moved = ImageCms.profileToProfile(image, one, other)
        assert moved is not None
        assert np.abs(np.asarray(moved, dtype=int) - colours.astype(int)).max() <= 1
    assert ImageCms.getProfileName(ours).strip().startswith("sRGB")
    assert len(srgb_profile()) < 4096


def test_a_report_has_an_output_intent_and_metadata_that_agree_with_its_information(draft: bytes) -> None:
    with pikepdf.open(io.BytesIO(draft)) as document:
        (intent,) = document.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert intent.DestOutputProfile.N == 3
        assert intent.DestOutputProfile.read_bytes() == srgb_profile()
        assert "/Filter" not in document.Root.Metadata
        metadata = document.open_metadata()
        assert metadata["dc:title"] == str(document.docinfo["/Title"])
        assert metadata["dc:creator"] == [str(document.docinfo["/Author"])]
        assert metadata["xmp:CreateDate"].startswith("2026-11-20T22:00:00")
        assert metadata["xmp:CreatorTool"] == str(document.docinfo["/Creator"])
        assert "en-GB" in metadata["dc:language"]


def test_a_report_does_not_call_itself_pdfa_until_a_site_says_so(draft: bytes, results: bytes) -> None:
    with pikepdf.open(io.BytesIO(draft)) as document:
        assert document.open_metadata().pdfa_status == ""
        buffer = io.BytesIO()
        document.save(buffer)
    said = attach_results(buffer.getvalue(), results, created_at=MADE, says_pdfa=True)
    with pikepdf.open(io.BytesIO(said)) as document:
        assert document.open_metadata().pdfa_status == "3B"


def test_nothing_that_pdfa_forbids_is_in_a_report(draft: bytes, signed: bytes) -> None:
    """Encryption, scripts, transparency of a picture, filters and actions that ISO 19005-3 rules out."""
    for pdf in (draft, signed):
        with pikepdf.open(io.BytesIO(pdf)) as document:
            assert not document.is_encrypted
            assert document.trailer.ID is not None
            for thing in document.objects:
                if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
                    continue
                assert "/JS" not in thing
                assert thing.get("/S") not in ("/JavaScript", "/Launch")
                assert "/SMask" not in thing
                assert "/LZWDecode" not in str(thing.get("/Filter", ""))
                assert not thing.get("/Interpolate", False)
                if thing.get("/Subtype") == "/Widget":
                    assert "/AP" in thing
                    assert int(thing.F) & 4


@pytest.mark.parametrize("which", ["draft", "signed"])
def test_every_colour_is_covered_by_the_output_intent(which: str, request: pytest.FixtureRequest) -> None:
    with pikepdf.open(io.BytesIO(request.getfixturevalue(which))) as document:
        spaces = {
            str(thing.get("/ColorSpace"))
            for thing in document.objects
            if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image"
        }
        assert spaces <= {"/DeviceGray", "/DeviceRGB"}
        for page in document.pages:
            operators = {str(one.operator) for one in pikepdf.parse_content_stream(page)}
            assert not operators & {"k", "K", "sh"}


def test_a_site_whose_validator_accepts_the_files_may_say_so(
    study: Study, exam: ExamResult, protocol: Protocol
) -> None:
    source = source_of(study, exam, protocol)
    folder = site_template_folder()
    folder.mkdir(parents=True, exist_ok=True)
    text = resource_path("report", "disc.toml").read_text(encoding="utf-8")
    (folder / "disc.toml").write_text(f"says_pdfa = true\n{text}", encoding="utf-8")
    with pikepdf.open(io.BytesIO(report_bytes(source))) as document:
        assert document.open_metadata().pdfa_status == "3B"
    (folder / "disc.toml").write_text("says_pdfa = 7", encoding="utf-8")
    with pytest.raises(ReportError, match="mend or remove it"):
        report_bytes(source)
