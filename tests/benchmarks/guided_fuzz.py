"""Let coverage guide the damage: atheris on the readers that parse in this process.

    .venv/bin/python -m pip install atheris
    .venv/bin/python -m tests.benchmarks.guided_fuzz [SECONDS]

The first byte chooses the format, the rest is the file. Anything but `UnreadableFile` is a find; atheris prints it and
keeps the input. It is no part of the suite: it needs its package, and runs until its time is over.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["analysis.readers"]):
    from analysis.errors import UnreadableFile
    from analysis.readers import jmrui, lcmodel_raw, nifti, philips_list, philips_sdat, registry, siemens_rda
    from analysis.readers.guard import one_sentence, quiet
    from analysis.readers.records import InputFile

from tests.analysis.readers.originals import originals

_FORMATS = {
    "Siemens RDA": ("x.rda", siemens_rda.read),
    "Philips SPAR/SDAT": ("x.SPAR", philips_sdat.read),
    "Philips list/data": ("x.list", philips_list.read),
    "jMRUI": ("x.txt", jmrui.read_text),
    "jMRUI binary": ("x.mrui", jmrui.read_binary),
    "LCModel RAW": ("x.RAW", lcmodel_raw.read),
    "NIfTI": ("1.nii.gz", nifti.read),
    "DICOM spectroscopy": ("a.dcm", registry.READERS[0].read),
}


def main() -> None:
    """Run atheris for some seconds on seeds of every format."""
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "made").mkdir()
        (home / "seeds").mkdir()
        made = originals(home / "made", None)
        for number, (name, (file, _)) in enumerate(_FORMATS.items()):
            for original in made.get(name.removesuffix(" binary"), []):
                content = original.get(file)
                if content is not None:
                    (home / "seeds" / f"{number}").write_bytes(bytes([number]) + content)
                for other, half in original.items():
                    (home / other.replace("/", "_")).write_bytes(half)

        def one_input(data: bytes) -> None:
            if not data:
                return
            file, read = list(_FORMATS.values())[data[0] % len(_FORMATS)]
            path = home / file
            path.write_bytes(data[1:])
            halves = tuple(
                InputFile(one, one.name) for one in sorted(home.iterdir()) if one.stem == path.stem and one != path
            )
            try:
                with one_sentence(), quiet():
                    read(InputFile(path, file, siblings=halves))
            except UnreadableFile:
                return

        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=40000", str(home / "seeds")], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
