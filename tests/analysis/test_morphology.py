"""What a reader may say of a disc, and what follows from it."""

from __future__ import annotations

import dataclasses

import pytest

from analysis.morphology import HERNIATIONS, MODIC_TYPES, PFIRRMANN_GRADES, UNKNOWN, Morphology, cautions, roman


def test_nothing_is_known_until_it_is_said() -> None:
    assert Morphology() == UNKNOWN
    assert not UNKNOWN.known
    assert all(getattr(UNKNOWN, field.name) in (None, "") for field in dataclasses.fields(Morphology))
    assert cautions(UNKNOWN) == ()


def test_healthy_findings_are_knowledge_too() -> None:
    healthy = Morphology(pfirrmann=1, modic="none", hiz=False, herniation="none", prior_surgery=False)
    assert healthy.known
    assert cautions(healthy) == ()


@pytest.mark.parametrize(
    "wrong", [{"pfirrmann": 0}, {"pfirrmann": 6}, {"modic": "4"}, {"modic": "0"}, {"herniation": "large"}]
)
def test_what_no_disc_has_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not"):
        Morphology(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (Morphology(pfirrmann=5), "Pfirrmann V"),
        (Morphology(herniation="protrusion"), "Herniated (protrusion)"),
        (Morphology(herniation="extrusion"), "Herniated (extrusion)"),
        (Morphology(modic="1"), "Modic 1"),
        (Morphology(modic="1/2"), "Modic 1/2"),
        (Morphology(prior_surgery=True), "Operated disc"),
    ],
)
def test_the_labels_of_the_dossier(one: Morphology, word: str) -> None:
    (said,) = cautions(one)
    assert said.startswith(word)
    assert said.endswith(".")


@pytest.mark.parametrize("one", [Morphology(herniation="bulge"), Morphology(modic="2"), Morphology(pfirrmann=4)])
def test_what_the_dossier_does_not_label(one: Morphology) -> None:
    assert cautions(one) == ()


def test_words() -> None:
    assert [roman(grade) for grade in PFIRRMANN_GRADES] == ["I", "II", "III", "IV", "V"]
    assert "1/2" in MODIC_TYPES
    assert HERNIATIONS[0] == "none"
