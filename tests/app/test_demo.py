"""The demonstration study: valid, readable, the same every time, and never written over anything else."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import app.demo_dicom
import app.demo_study
from analysis import anatomy, phantom
from analysis.anatomy_spine import LumbarSpine, lumbar_spine
from analysis.errors import Cancelled, DiscernError
from analysis.geometry import box_corners_mm, to_pixels
from analysis.phantom import PhantomExam
from analysis.readers import read_studies
from analysis.spin_library import SpinLibrary
from analysis.types import Study, Volume, Voxel
from app.demo import is_demo, make_demo
from app.demo_study import CLEARANCE_MM, place_voxel, simulate_study
from tests.app.dicom.validators import complaints, contradictions

LEVELS = ["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"]
COARSER = 16


def _tiny_exam(library: SpinLibrary, seed: int) -> PhantomExam:
    exam = phantom.simulate_exam(library, seed)
    discs = tuple(replace(d, fids=d.fids[:3, :64], water=d.water[:2, :64], spoilt=(1,)) for d in exam.discs)
    return replace(exam, sampling=replace(exam.sampling, points=64), discs=discs)


def _tiny(affine: np.ndarray, shape: tuple[int, int, int], thickness_mm: float) -> anatomy.Grid:
    coarse = affine @ np.diag([COARSER, COARSER, 1.0, 1.0])
    return coarse, (2, shape[1] // COARSER, shape[2] // COARSER), thickness_mm


@pytest.fixture
def _tiny_study(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few points, few and coarse slices: the wiring is the same, the time is not."""

    def axial(spine: LumbarSpine) -> tuple[tuple[str, np.ndarray, tuple[int, int, int], float], ...]:
        return tuple((label, *_tiny(*grid)) for label, *grid in anatomy.axial_grids(spine))

    monkeypatch.setattr(app.demo_study, "simulate_exam", _tiny_exam)
    monkeypatch.setattr(app.demo_dicom, "sagittal_grid", lambda spine: _tiny(*anatomy.sagittal_grid(spine)))
    monkeypatch.setattr(app.demo_dicom, "axial_grids", axial)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Study, float]:
    """The real thing, once: its folder, the study that was read from it, and the time that writing took."""
    folder = tmp_path_factory.mktemp("demo") / "study"
    start = time.perf_counter()
    make_demo(folder)
    seconds = time.perf_counter() - start
    (study,) = read_studies([folder / "dicom"])
    return folder, study, seconds


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_reader_finds_five_discs_with_their_water_and_six_series(whole: tuple[Path, Study, float]) -> None:
    folder, study, _ = whole
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert study.info.simulated
    assert (study.info.patient_name, study.info.patient_id) == ("Demo^Simulated", "DEMO-0001")
    assert study.info.study_instance_uid == truth["study_instance_uid"]
    assert (study.skipped, study.warnings) == ((), ())
    assert sorted(volume.plane for volume in study.volumes) == ["axial"] * 5 + ["sagittal"]
    assert [(one.label, one.label_source) for one in study.acquisitions] == [(label, "header") for label in LEVELS]
    frames = {one.frame_of_reference_uid for one in (*study.volumes, *study.acquisitions)}
    assert len(frames) == 1
    for one, disc in zip(study.acquisitions, truth["discs"], strict=True):
        assert one.warnings == ()
        assert one.water is not None
        assert one.fids.shape[1] == disc["transients"]
        assert one.voxel is not None
        np.testing.assert_allclose(one.voxel.centre_mm, disc["voxel"]["centre_mm"], atol=1e-9)
        np.testing.assert_allclose(one.voxel.axes, disc["voxel"]["axes"], atol=1e-9)
        assert list(one.voxel.size_mm) == disc["voxel"]["size_mm"]


def test_the_signals_are_those_of_the_simulator(whole: tuple[Path, Study, float]) -> None:
    _, study, _ = whole
    simulated = simulate_study(1)
    for one, disc in zip(study.acquisitions, simulated.exam.discs, strict=True):
        np.testing.assert_array_equal(one.fids[0], disc.fids.astype(np.complex64))
        assert one.water is not None
        np.testing.assert_array_equal(one.water[0], disc.water.astype(np.complex64))


def test_the_discs_lie_where_the_voxels_say(whole: tuple[Path, Study, float]) -> None:
    """A bright nucleus fills its voxel on the sagittal slices and on its own axial ones; marrow is darker."""
    folder, study, _ = whole
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    healthy = [disc["label"] for disc in truth["discs"] if disc["pfirrmann"] <= 2]
    assert healthy
    spine = simulate_study(1).spine
    bodies = [v.frame.origin_mm for v in spine.vertebrae if v.label in ("L2", "L3", "L4")]
    (sagittal,) = (volume for volume in study.volumes if volume.plane == "sagittal")
    marrow = max(_brightness(sagittal, np.array([body])) for body in bodies)
    for one in study.acquisitions:
        if one.label in healthy and one.voxel is not None:
            own = next(volume for volume in study.volumes if volume.description.endswith(one.label))
            inside = np.concatenate([_shrunk_corners(one.voxel), [one.voxel.centre_mm]])
            assert _brightness(sagittal, inside) > 1.3 * marrow
            assert _brightness(own, inside) > 1.3 * marrow


def _shrunk_corners(voxel: Voxel) -> np.ndarray:
    return np.asarray(box_corners_mm(replace(voxel, size_mm=(8.0, 8.0, 1.0))))


def _brightness(volume: Volume, points_mm: np.ndarray) -> float:
    column, row, index = np.rint(to_pixels(volume, points_mm)).astype(int).T
    return float(np.median(volume.pixels[index, row, column]))


def test_it_takes_seconds(whole: tuple[Path, Study, float]) -> None:
    assert whole[2] < 30  # about 5 s on two free cores; a busy machine gets some grace


def test_every_object_is_valid_and_the_study_agrees_with_itself(whole: tuple[Path, Study, float]) -> None:
    paths = sorted((whole[0] / "dicom").rglob("*.dcm"))
    assert len(paths) == 15 + 5 * 5 + 2 * 5
    first_slices = [path for path in paths if path.name in ("0001.dcm", "metabolite.dcm", "water.dcm")]
    assert [complaint for path in first_slices for complaint in complaints(path)] == []
    assert contradictions(paths) == []


def test_the_truth_is_complete_and_says_what_it_is(whole: tuple[Path, Study, float]) -> None:
    truth = json.loads((whole[0] / "truth.json").read_text(encoding="utf-8"))
    assert truth["simulated"] is True
    assert truth["seed"] == 1
    assert (truth["te_ms"], truth["tr_ms"]) == (30.0, 1500.0)
    assert "simulated" in truth["explanation"]
    assert [disc["label"] for disc in truth["discs"]] == LEVELS
    for disc in truth["discs"]:
        assert disc["ratios"]["Lac/PG"] == pytest.approx(disc["amplitudes"]["Lac"] / disc["amplitudes"]["PG"])
        assert set(disc["spoilt_transients"]) < set(range(disc["transients"]))
        assert 20 < disc["water_t2_ms"] < 400


def test_a_signer_and_a_readme_lie_beside_it(whole: tuple[Path, Study, float]) -> None:
    folder = whole[0]
    names = ["demo-root.pem", "demo-signer.p12", "demo-signer.passphrase"]
    assert sorted(path.name for path in (folder / "signer").iterdir()) == names
    assert "simulated" in (folder / "README.txt").read_text(encoding="utf-8")
    assert is_demo(folder)


@pytest.mark.parametrize("seed", [1, 2, 7])
@pytest.mark.parametrize("grade", [1, 2, 3, 4])
def test_voxels_keep_clear_of_the_endplates(seed: int, grade: int) -> None:
    """Checked with the bodies' own endplates: half the height, less the wedge, less the hollow (0.9 and 1.3 mm)."""
    spine = lumbar_spine(seed, (grade,) * 5)
    spaces = {space.label: space for space in spine.spaces}
    bodies = {vertebra.label: vertebra for vertebra in spine.vertebrae}
    for disc in spine.discs:
        voxel = place_voxel(disc, spaces[disc.label])
        assert all(edge <= nucleus for edge, nucleus in zip(voxel.size_mm, disc.nucleus_size_mm, strict=True))
        assert 18 <= voxel.size_mm[0] <= 22
        assert 12 <= voxel.size_mm[1] <= 16
        for name in disc.label.split("-"):
            body = bodies[name]
            local = (box_corners_mm(voxel) - np.asarray(body.frame.origin_mm)) @ np.asarray(body.frame.axes).T
            wider = 1.24 if name == "S1" else 1.0  # the sacrum is wider at its top than in its middle
            across, along = np.square(2 * local[:, :2].T / np.array([[body.width_mm], [body.depth_mm]]) / wider)
            outwards = np.sqrt(across**2 + along**2 + 1.1 * across * along)  # the bodies' outline, a rounded square
            endplate = body.height_mm / 2 - local[:, 1] * np.tan(body.wedge_rad / 2)
            hollow = np.where(local[:, 2] > 0, 0.9, 1.3) * np.clip(1 - outwards, 0, 1)
            gap = np.abs(local[:, 2]) - endplate + hollow
            assert gap.min() >= CLEARANCE_MM


@pytest.mark.usefixtures("_tiny_study")
def test_a_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        make_demo(tmp_path / name, seed)
    a, b, c = (_snapshot(tmp_path / name) for name in "abc")
    same = {name for name in a if not name.startswith("signer")}
    assert {name: a[name] for name in same} == {name: b[name] for name in same}
    assert all(a[name] != c[name] for name in same)


@pytest.mark.usefixtures("_tiny_study")
def test_progress_runs_from_start_to_end(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    make_demo(tmp_path / "demo", progress=lambda share, text: seen.append((share, text)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert any(text == "Writing the spectra of L4-L5" for _, text in seen)


@pytest.mark.usefixtures("_tiny_study")
def test_a_former_demonstration_is_replaced_and_its_neighbours_are_not(tmp_path: Path) -> None:
    make_demo(tmp_path, 5)
    former = _snapshot(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "mine.txt").write_text("keep me")
    (tmp_path / "dicom" / "SAG_T2" / "stray.dcm").write_text("left by an older version")
    make_demo(tmp_path, 6)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["README.txt", "dicom", "results", "signer", "truth.json"]
    assert (tmp_path / "results" / "mine.txt").read_text() == "keep me"
    assert json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["seed"] == 6
    now = _snapshot(tmp_path)
    assert set(now) == {*former, str(Path("results", "mine.txt"))}
    assert all(now[name] != former[name] for name in former)


@pytest.mark.usefixtures("_tiny_study")
@pytest.mark.parametrize("exists", [True, False])
def test_stopping_leaves_everything_as_it_was(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "demo"
    if exists:
        make_demo(folder, 5)
    before = _snapshot(tmp_path)

    def stop(share: float, _text: str) -> None:
        if share > 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        make_demo(folder, 6, stop)
    assert _snapshot(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == (["demo"] if exists else [])


@pytest.mark.usefixtures("_tiny_study")
def test_a_failure_while_it_is_put_in_place_brings_the_former_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_demo(tmp_path / "demo", 5)
    before = _snapshot(tmp_path)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "README.txt" and self.parent.name == "new":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(DiscernError, match="Permission denied"):
        make_demo(tmp_path / "demo", 6)
    assert _snapshot(tmp_path) == before


def test_other_folders_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "patient.dcm").write_bytes(b"somebody's")
    with pytest.raises(DiscernError, match="holds other files and no demonstration"):
        make_demo(tmp_path)
    (tmp_path / "truth.json").write_text('{"simulated": true}')  # some other program's truth
    with pytest.raises(DiscernError, match="holds other files and no demonstration"):
        make_demo(tmp_path)
    with pytest.raises(DiscernError, match="is a file"):
        make_demo(tmp_path / "patient.dcm")
    with pytest.raises(DiscernError, match="cannot be written"):
        make_demo(tmp_path / "patient.dcm" / "below")
    with pytest.raises(DiscernError, match="from 0 on"):
        make_demo(tmp_path / "new", -1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["patient.dcm", "truth.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": "discern-demo-truth/1", "simulated": false}', "\x00"])
def test_only_its_own_truth_marks_a_demonstration(tmp_path: Path, text: str) -> None:
    (tmp_path / "truth.json").write_text(text)
    assert not is_demo(tmp_path)
