"""An averaged file is read with a visible downgrade, all the way into results.json."""

from __future__ import annotations

from analysis.pipeline import analyse
from analysis.readers import read_studies
from analysis.readers.study import AVERAGED
from analysis.results import results_document
from tests.benchmarks.simulated import shipped, spin_library


def test_an_average_is_warned_of_and_its_transient_gates_are_unknown(shared_data):
    (study,) = read_studies([shared_data / "tarquin/unit/philips_spar_sdat_WS.SPAR"])
    exam = analyse(study, shipped("brain"), spin_library())
    (voxel,) = results_document(study, exam, version="1")["voxels"]
    assert AVERAGED in voxel["warnings"]
    verdicts = {gate["name"]: gate["verdict"] for gate in voxel["quality"]["gates"]}
    assert verdicts["Transients kept"] == verdicts["Frequency drift"] == "unknown"
    assert (voxel["quality"]["kept_fraction"], voxel["quality"]["drift_hz"]) == (None, None)
    assert voxel["quality"]["evaluable"]
