"""Studies: what belongs together, in which order, under which names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import NothingToRead, UnreadableFile
from analysis.readers import read_signal, read_studies
from analysis.readers.levels import disc_level
from analysis.readers.sequences import localisation_of, recognise
from analysis.readers.study import study_folder
from tests.analysis.readers.builders import (
    METABOLITES,
    WATER,
    fid,
    item,
    mr_slice,
    save,
    save_nifti_mrs,
    slabs,
    spectroscopy,
)


def disc(number: int, height: float, name: str, water: bool = False) -> object:
    place = slabs((0.0, 0.0, height), np.eye(3), (20.0, 15.0, 6.0))
    return spectroscopy(
        number,
        fid(WATER if water else METABOLITES),
        VolumeLocalizationSequence=place,
        SeriesDescription=name,
        SpectrallySelectedSuppression="NONE" if water else "WATER",
    )


def nifti(path: Path, water: bool = False, **header: object) -> Path:
    return save_nifti_mrs(path, np.conj(fid(WATER if water else METABOLITES, 4.65)).reshape(1, 1, 1, -1), header)


def test_a_lumbar_study_runs_from_head_to_foot_with_its_labels(tmp_path):
    levels = {"L5-S1": -60.0, "L3/4": 10.0, "L4_L5": -25.0}
    for number, (name, height) in enumerate(levels.items(), start=1):
        save(disc(number, height, f"PRESS {name}"), tmp_path / f"m{number}")
        save(disc(number + 10, height, f"PRESS {name} water", water=True), tmp_path / f"w{number}")
    (study,) = read_studies([tmp_path])
    assert [one.label for one in study.acquisitions] == ["L3-L4", "L4-L5", "L5-S1"]
    assert {one.label_source for one in study.acquisitions} == {"header"}
    for one in study.acquisitions:
        assert one.water is not None
        assert [source.role for source in one.sources] == ["metabolite", "water"]
        assert one.water_spectral_width_hz == one.parameters.spectral_width_hz
    assert study.skipped == ()


def test_voxels_without_a_level_are_numbered_and_repeats_are_told_apart(tmp_path):
    names = [("a", 20.0), ("L4-L5", 10.0), ("L4-5 again", 10.0), ("b", -10.0)]
    for number, (name, height) in enumerate(names, start=1):
        save(disc(number, height, name), tmp_path / str(number))
    (study,) = read_studies([tmp_path])
    assert [(one.label, one.label_source) for one in study.acquisitions] == [
        ("Voxel 1", "order"),
        ("L4-L5", "header"),
        ("L4-L5 (2)", "header"),
        ("Voxel 2", "order"),
    ]


def test_studies_are_kept_apart_and_ordered_by_date(tmp_path):
    for number, (uid, date) in enumerate({"1.2.8": "20250101", "1.2.9": "20240101"}.items(), start=1):
        save(spectroscopy(number, fid(METABOLITES), StudyInstanceUID=uid, StudyDate=date), tmp_path / uid / "a.dcm")
        (tmp_path / uid / "bad.dcm").write_text("text")
    studies = read_studies([tmp_path])
    assert [study.info.study_date for study in studies] == ["20240101", "20250101"]
    assert [Path(study.skipped[0].path).parent.name for study in studies] == ["1.2.9", "1.2.8"]


def test_what_one_object_does_not_say_another_may(tmp_path):
    save(spectroscopy(1, fid(METABOLITES), PatientID="", BodyPartExamined="LSPINE"), tmp_path / "a")
    save(mr_slice(2, np.zeros(3), [0, 1, 0, 0, 0, -1]), tmp_path / "b")
    (study,) = read_studies([tmp_path])
    assert (study.info.patient_id, study.info.body_part, study.info.simulated) == ("T1", "LSPINE", False)


def test_the_demonstration_patient_is_marked_as_simulated(tmp_path):
    save(spectroscopy(1, fid(METABOLITES), PatientName="Demo^Simulated"), tmp_path / "a")
    assert read_studies([tmp_path])[0].info.simulated


def test_names_come_in_the_character_set_of_the_header(tmp_path):
    unicode = spectroscopy(1, fid(METABOLITES), SpecificCharacterSet="ISO_IR 192", PatientName="Yamada^Tarou=山田^太郎")
    save(unicode, tmp_path / "a.dcm")
    latin = spectroscopy(2, fid(METABOLITES), SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jörg")
    latin.StudyInstanceUID = "1.2.77"
    save(latin, tmp_path / "b.dcm")
    assert {study.info.patient_name for study in read_studies([tmp_path])} == {"Yamada^Tarou", "Müller^Jörg"}


# --- files that know no study ----------------------------------------------------------------------------------------


def test_nifti_spectra_join_the_only_dicom_study(tmp_path):
    save(mr_slice(1, np.zeros(3), [0, 1, 0, 0, 0, -1]), tmp_path / "mri" / "a")
    nifti(tmp_path / "mrs" / "metab.nii.gz")
    nifti(tmp_path / "mrs" / "wref.nii.gz", water=True)
    (study,) = read_studies([tmp_path])
    assert (len(study.volumes), len(study.acquisitions)) == (1, 1)
    assert study.acquisitions[0].water is not None
    assert study.info.patient_name == "Builder^Test"


def test_nifti_spectra_of_another_patient_do_not_join(tmp_path):
    save(mr_slice(1, np.zeros(3), [0, 1, 0, 0, 0, -1]), tmp_path / "a")
    nifti(tmp_path / "metab.nii.gz", PatientName="Other", PatientID="T2")
    dicom, other = read_studies([tmp_path])
    assert (len(dicom.acquisitions), len(other.volumes)) == (0, 0)
    assert (other.info.patient_name, other.info.patient_id) == ("Other", "T2")


def test_without_dicom_each_folder_and_each_patient_is_a_study_with_a_uid_of_its_files(tmp_path):
    nifti(tmp_path / "one" / "a.nii.gz", EchoTime=0.03)
    nifti(tmp_path / "two" / "a.nii.gz", EchoTime=0.04)
    nifti(tmp_path / "two" / "b.nii.gz", EchoTime=0.04, PatientID="B")
    studies = read_studies([tmp_path])
    uids = [study.info.study_instance_uid for study in studies]
    assert len(set(uids)) == 3
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)
    assert uids == [study.info.study_instance_uid for study in read_studies([tmp_path])]
    assert read_studies([tmp_path / "one"])[0].info.study_instance_uid in uids


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/d/sub-01/ses-01/mrs/a.nii.gz", "/d/sub-01/ses-01"),
        ("/d/sub-01/anat/a.nii.gz", "/d/sub-01"),
        ("/d/subject/a.nii.gz", "/d/subject"),
        ("a.nii.gz", ""),
    ],
)
def test_a_bids_session_is_one_study(path, folder):
    assert study_folder(path) == folder


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("PRESS L4-L5", "L4-L5"),
        ("l4/5", "L4-L5"),
        ("svs_L5S1_20", "L5-S1"),
        ("L5/1", "L5-S1"),
        ("L45", "L4-L5"),
        ("T12-L1", "T12-L1"),
        ("C5/6 sLASER", "C5-C6"),
        ("L3 L4", "L3-L4"),
        ("L4_5", "L4-L5"),
        ("L4", None),
        ("L2-L4", None),
        ("T12", None),
        ("T2 TSE sag 3", None),
        ("L4-L5 and L5-S1", None),
        ("PRESS TE 35", None),
        ("HL45", None),
        ("L45mm", None),
        ("", None),
        (None, None),
        ("T1/2", "T1-T2"),
        ("C12", None),
    ],
)
def test_disc_levels_in_names(text, level):
    assert disc_level(text) == level


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("*svs_se", "PRESS"),
        ("%SiemensSeq%\\svs_se", "PRESS"),
        ("PROBE-P", "PRESS"),
        ("SV_PRESS_35", "PRESS"),
        ("svs_st", "STEAM"),
        ("STEAM", "STEAM"),
        ("PROBE-S", "STEAM"),
        ("svs_slaserVOI_dkd", "sLASER"),
        ("semi-LASER", "sLASER"),
        ("SPECIAL", "SPECIAL"),
        ("PRIME", None),
        ("SPECTROSCOPY", None),
        ("LASER", None),
        ("mega_press", None),
        ("no water suppression", None),
        ("compressed", None),
        ("svs_sead", None),
        (None, None),
    ],
)
def test_localisations_in_sequence_names(word, expected):
    assert localisation_of(word) == expected


def test_a_protocol_name_is_asked_last_and_never_against_an_edited_sequence():
    assert recognise(["svs_st"], ["PRESS"]) == ("svs_st", "STEAM", None)
    word, found, note = recognise(["SPECTROSCOPY", None], ["SV_PRESS_35"])
    assert (word, found) == ("SPECTROSCOPY", "PRESS")
    assert note is not None
    assert recognise(["mega_edit"], ["PRESS"]) == ("mega_edit", None, None)
    assert recognise([None], [None]) == (None, None, None)


# --- the real studies ------------------------------------------------------------------------------------------------


def test_the_siemens_study_holds_images_and_spectrum_in_one_frame(siemens):
    (study,) = read_studies([siemens / "mri", siemens / "SVS_30.IMA", siemens / "SVS_30.rda"])
    (volume,), (acquisition,) = study.volumes, study.acquisitions
    assert acquisition.frame_of_reference_uid == volume.frame_of_reference_uid
    assert [Path(one.path).name for one in study.skipped] == ["SVS_30.rda"]
    assert study.skipped[0].reason == "It is another export of SVS_30.IMA, which was read."
    # The voxel of 20 x 40 x 20 mm lies inside the imaged volume.
    assert acquisition.voxel is not None
    inside = np.linalg.inv(volume.affine) @ [*acquisition.voxel.centre_mm, 1]
    assert ((inside[:3] > 0) & (inside[:3] < volume.pixels.shape[::-1])).all()


def test_the_seven_tesla_set_pairs_by_coils(seven_tesla):
    (study,) = read_studies([seven_tesla])
    waters = {Path(one.sources[0].path).name: len(one.sources) > 1 for one in study.acquisitions}
    assert waters == {"metab.nii.gz": False, "metab_int_freq.nii.gz": False, "metab_raw.nii.gz": True}
    assert {Path(one.path).name for one in study.skipped} == {"quant_raw.nii.gz", "wref_raw.nii.gz"}


def test_simulated_sets_share_their_water(shared_data):
    (study,) = read_studies([shared_data / "synthetic_brain"])
    assert len(study.acquisitions) == 4
    assert {Path(one.sources[1].path).name for one in study.acquisitions} == {"wref.nii.gz"}
    assert [Path(one.path).name for one in study.skipped] == ["brain_basis.basis"]


def test_a_water_reference_alone_is_named_as_such(shared_data):
    path = shared_data / "osprey/exampledata/nifti-mrs/sub-01/ses-01/mrs/sub-01_ses-01_SVS-ref.nii.gz"
    with pytest.raises(NothingToRead, match="water reference without a metabolite acquisition"):
        read_studies([path])


def test_every_shared_file_is_read_or_has_its_reason(shared_data):
    """Hundreds of files of a dozen sources in one call: nothing crashes, and whatever is not read says why."""
    folders = [folder for folder in sorted(shared_data.iterdir()) if folder.is_dir() and folder.name != "osprey"]
    studies = read_studies([*folders, shared_data / "osprey/exampledata/sdat/UnEdited"])
    assert len(studies) >= 14
    assert all(one.reason.endswith(".") and "\n" not in one.reason for study in studies for one in study.skipped)
    named = {
        "sub1.SPAR": "It is a spectrum of 31P",
        "sub2_MPRAGE.PAR": "Philips PAR",
        "sub2_MRS.list": "It is an index of Philips raw data; put the DATA file",
        "data.raw": "LCModel raw data",
        "press_cp0.rsp": "Vespa header",
        "sub2_MPRAGE.hdr": "Analyze",
        "3t.basis": "LCModel basis",
        "control.file": "LCModel control file",
    }
    reasons = {Path(one.path).name: one.reason for study in studies for one in study.skipped}
    assert {name: reasons[name].startswith(kind) for name, kind in named.items()} == dict.fromkeys(named, True)


def test_a_functional_group_without_items_does_no_harm(tmp_path):
    dataset = spectroscopy(1, fid(METABOLITES))
    dataset.SharedFunctionalGroupsSequence = [item(MREchoSequence=[])]
    acquisition = read_studies([save(dataset, tmp_path / "a.dcm")])[0].acquisitions[0]
    assert (acquisition.parameters.te_s, acquisition.parameters.tr_s, acquisition.averaged_only) == (None, None, False)


def test_one_file_can_be_read_as_it_is(shared_data, tmp_path):
    acquisition = read_signal(shared_data / "synthetic_brain/wref.nii.gz")
    assert (acquisition.fids.shape, acquisition.water) == ((1, 1, 1024), None)
    with pytest.raises(UnreadableFile, match="holds no spectroscopy"):
        read_signal(save(mr_slice(1, np.zeros(3), [0, 1, 0, 0, 0, -1]), tmp_path / "image.dcm"))
    with pytest.raises(UnreadableFile, match="no such file"):
        read_signal(tmp_path / "nowhere")
