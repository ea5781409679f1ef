"""Pseudonyms: the same under one key, another under another, and nothing that the standard itself names."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydicom.uid import UID, MRImageStorage

from app.deidentify.pseudonyms import KeyProblem, Pseudonyms, fresh_pseudonyms, pseudonyms_of

ONE, OTHER = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)


def test_a_uid_gets_one_valid_pseudonym_under_a_key() -> None:
    assert ONE.uid("1.2.3") == ONE.uid("1.2.3")
    assert len({ONE.uid("1.2.3"), ONE.uid("1.2.4"), OTHER.uid("1.2.3")}) == 3
    assert UID(ONE.uid("1.2.3")).is_valid


def test_what_the_standard_names_stays() -> None:
    assert ONE.uid(MRImageStorage) == MRImageStorage


def test_a_patient_gets_one_name_that_does_not_hold_the_old_one() -> None:
    assert ONE.patient("Smith") == ONE.patient("Smith") != OTHER.patient("Smith")
    assert "Smith" not in ONE.patient("Smith")


def test_a_fresh_key_is_nobody_s() -> None:
    assert fresh_pseudonyms().uid("1.2.3") != fresh_pseudonyms().uid("1.2.3")
    assert "key" not in repr(ONE)


def test_a_key_file_is_made_for_its_owner_only_and_used_again(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = pseudonyms_of(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert pseudonyms_of(path).uid("1.2.3") == made.uid("1.2.3")


@pytest.mark.parametrize("content", ["", "no key", "abcd"])
def test_another_file_is_no_key(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(KeyProblem, match="is no key file"):
        pseudonyms_of(path)
