"""UIDs of the simulated study: stable, valid, and never the same for two things."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.dicom.uids import IMPLEMENTATION_CLASS_UID, stable_uid

Role = tuple[str | int, ...]
ROLE = st.lists(st.one_of(st.text(max_size=5), st.integers(0, 99)), max_size=3).map(tuple)


@given(st.integers(0, 2**40), ROLE)
def test_a_uid_is_valid_and_stable(seed: int, role: Role) -> None:
    uid = stable_uid(seed, *role)
    assert uid.is_valid
    assert uid.startswith("2.25.")
    assert uid == stable_uid(seed, *role)


@given(st.tuples(st.integers(0, 9), ROLE), st.tuples(st.integers(0, 9), ROLE))
def test_two_roles_never_share_a_uid(a: tuple[int, Role], b: tuple[int, Role]) -> None:
    same = (a[0], [(type(part), part) for part in a[1]]) == (b[0], [(type(part), part) for part in b[1]])
    assert (stable_uid(a[0], *a[1]) == stable_uid(b[0], *b[1])) == same


def test_uids_do_not_change_from_version_to_version() -> None:
    assert stable_uid(1, "study") == "2.25.213698868287048213769685974833760339294"
    assert IMPLEMENTATION_CLASS_UID.is_valid
