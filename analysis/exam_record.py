"""What the exam's paperwork says: why it was asked for, what was tried before, and whether it was safe and allowed.

The fields are those of the workflow of 0609T to 0612T. The reader fills them in; coverage criteria are read off them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ScreenOutcome = Literal["not recorded", "clear", "conditional", "contraindicated"]
ConsentState = Literal["not recorded", "given", "declined"]


@dataclass(frozen=True)
class ExamRecord:
    """The documentation of one exam; empty means not documented, never "no".

    Attributes
    ----------
    indication : why the exam was asked for, in the referrer's words
    icd10 : ICD-10-CM codes, upper case with their point
    prior_care : conservative treatment that came before, in words
    authorisation_number : the payer's prior authorisation
    screen, screen_detail : outcome of the screening for contraindications, and what was found
    consent : whether the patient consented
    left_out : why a disc was not measured, by its label
    answers : the reader's yes or no to criteria of policies that nothing else can tell, by criterion id
    """

    indication: str = ""
    icd10: tuple[str, ...] = ()
    prior_care: str = ""
    authorisation_number: str = ""
    screen: ScreenOutcome = "not recorded"
    screen_detail: str = ""
    consent: ConsentState = "not recorded"
    left_out: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, bool] = field(default_factory=dict)
