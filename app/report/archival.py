"""What ISO 19005-3 (PDF/A-3b) asks of a report beyond embedded fonts: a colour profile, and metadata in XMP.

The file is prepared, not validated, so it does not call itself PDF/A: the identification schema (`pdfaid`) is written
only where a site says that its validator accepts these reports.
"""

from __future__ import annotations

from typing import Any

from app.report.srgb_profile import srgb_profile

_CONDITION = "sRGB IEC61966-2.1"


def prepare_for_archive(document: Any, *, says_pdfa: bool) -> None:
    """Add output intent and XMP to an open pikepdf document; its document information must be complete.

    Parameters
    ----------
    says_pdfa : whether the file calls itself PDF/A-3b
    """
    _add_output_intent(document)
    _add_metadata(document, says_pdfa=says_pdfa)


def _add_output_intent(document: Any) -> None:
    import pikepdf

    profile = document.make_stream(srgb_profile())
    profile.N = 3
    profile.Alternate = pikepdf.Name.DeviceRGB
    intent = pikepdf.Dictionary(
        Type=pikepdf.Name.OutputIntent,
        S=pikepdf.Name.GTS_PDFA1,
        OutputConditionIdentifier=pikepdf.String(_CONDITION),
        RegistryName=pikepdf.String("http://www.color.org"),
        Info=pikepdf.String(_CONDITION),
        DestOutputProfile=profile,
    )
    document.Root.OutputIntents = pikepdf.Array([document.make_indirect(intent)])


def _add_metadata(document: Any, *, says_pdfa: bool) -> None:
    """Say in XMP what the document information says, so that the two agree."""
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata.load_from_docinfo(document.docinfo)
        metadata["dc:language"] = {str(document.Root.Lang)}
        metadata["dc:format"] = "application/pdf"
        if says_pdfa:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "3", "B"
