"""The wiring and everything with a side effect: command line, session, jobs, report, signing, DICOM output."""
