"""DICOM that Discern writes: image series and spectroscopy objects that a validator has nothing to say against."""
