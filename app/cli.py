"""The command line: `discern [STUDY]` opens the workstation, sub-commands work without a window."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# Said again here, because app.resource_files loads numpy, and that must wait for the settings in `main`.
PROTOCOLS = ("disc", "brain", "cord")
PAPERS = ("A4", "Letter")
COMMANDS = (
    "analyse", "fit", "basis", "demo", "verify", "inspect", "deidentify", "audit", "export", "receive", "send",
    "support-bundle",
)  # fmt: skip
SEQUENCES = ("PRESS", "STEAM", "sLASER", "SPECIAL", "spin echo", "pulse-acquire")
NOTHING_DONE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run Discern; return the exit status. No traceback reaches the user."""
    # The matrices here are small: more BLAS threads cost time and change the last digits.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    arguments = list(sys.argv[1:] if argv is None else argv)
    from analysis.errors import DiscernError

    try:
        return _run(arguments)
    except DiscernError as error:
        sys.stderr.write(f"{error}\n")
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
    except MemoryError:
        sys.stderr.write("There is not enough memory for this study; give fewer files at once.\n")
    return NOTHING_DONE


def _run(arguments: list[str]) -> int:
    if arguments and arguments[0] in COMMANDS:
        return _command(_commands().parse_args(arguments))
    options = _window_parser().parse_args(arguments)
    # Before the first import of Qt: the `discern` script does not pass through app/__main__.py.
    from app import platform_env

    platform_env.prepare()
    from app.main import run
    from app.window_report import make_report

    return run(options.study, screenshot=options.screenshot, protocol_id=options.protocol, make_report=make_report)


def _command(options: argparse.Namespace) -> int:
    from app import headless

    if options.command == "analyse":
        signer = headless.signer_from(options.sign, options.passphrase_file, options.timestamp, options.trust)
        from app.batch import AnalyseRequest, Plan, analyse_sources

        request = AnalyseRequest(options.out, options.protocol, signer, options.paper)
        return analyse_sources(options.study, request, Plan(options.jobs, options.scheduler, options.table))
    if options.command == "fit":
        from app.fit_command import FitRequest, fit_file

        return fit_file(FitRequest(options.data, options.basis, options.out, options.water, options.separate))
    if options.command == "basis":
        return _basis(options)
    if options.command == "demo":
        return headless.make_demo(options.folder, options.seed)
    if options.command == "verify":
        return headless.verify(options.report, options.study, options.trust, options.extract_original)
    if options.command == "deidentify":
        return _deidentify(options)
    if options.command == "audit":
        return _audit(options)
    if options.command == "receive":
        return _receive(options)
    if options.command == "send":
        from app.dicom.network.send_command import send

        return send(options.file, options.to, wait_s=options.wait)
    if options.command == "support-bundle":
        from app.support.bundle_command import support_bundle

        return support_bundle(options.file, options.study)
    if options.command == "export":
        from app.dicom.export_command import export_report

        return export_report(options.study, options.report, options.out)
    return headless.inspect(options.file)


def _receive(options: argparse.Namespace) -> int:
    from analysis.network import TlsFiles
    from app.batch import AnalyseRequest
    from app.dicom.network.receive_command import ReceiveRequest, receive
    from app.headless import signer_from

    signer = signer_from(options.sign, options.passphrase_file, options.timestamp, options.trust)
    given = [options.tls_cert, options.tls_key, options.tls_ca]
    request = ReceiveRequest(
        analyse=None if options.no_analysis else AnalyseRequest(options.out, options.protocol, signer),
        inbox=options.inbox or options.out / "received",
        allow=tuple(options.allow),
        ae_title=options.aet,
        bind=options.bind,
        port=options.port,
        quiet_s=options.quiet,
        tls=TlsFiles(*(str(path or "") for path in given)) if any(given) else None,
    )
    return receive(request)


def _deidentify(options: argparse.Namespace) -> int:
    from app.deidentify.pseudonyms import fresh_pseudonyms, pseudonyms_of
    from app.deidentify.run import deidentify

    pseudonyms = fresh_pseudonyms() if options.key_file is None else pseudonyms_of(options.key_file)
    return deidentify(options.study, options.out, pseudonyms)


def _audit(options: argparse.Namespace) -> int:
    from app.audit.command import AuditRequest, audit

    return audit(AuditRequest(options.verify, options.anchor, options.export, options.write_anchor))


def _basis(options: argparse.Namespace) -> int:
    from app.basis_command import BasisRequest, write_basis

    request = BasisRequest(
        out=options.out,
        protocol_id=options.protocol,
        sequence=options.sequence,
        f0_mhz=options.f0,
        te_s=options.te / 1e3,
        te1_s=None if options.te1 is None else options.te1 / 1e3,
        tm_s=options.tm / 1e3,
        spectral_width_hz=options.width,
        points=options.points,
        line_width_hz=options.line_width,
        refocusing_hz=options.refocusing,
    )
    return write_basis(request)


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="discern",
        description="Open reading workstation for MR spectroscopy of spine and brain. Research software.",
        epilog=f"Commands without a window: discern {{{','.join(COMMANDS)}}} --help",
    )
    parser.add_argument("study", nargs="*", type=Path, help="folder, DICOMDIR, zip or files to open")
    parser.add_argument("--protocol", choices=PROTOCOLS, help="read with this protocol instead of the suggested one")
    parser.add_argument("--screenshot", type=Path, metavar="PNG", help="save a picture of the reading window and end")
    return parser


def _commands() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="discern")
    commands = parser.add_subparsers(dest="command", required=True)
    analyse = commands.add_parser("analyse", help="read, fit and compare studies without a window")
    analyse.add_argument("study", nargs="+", type=Path, help="folder, DICOMDIR, zip or single file")
    analyse.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the results are written")
    analyse.add_argument("--protocol", choices=PROTOCOLS, help="instead of the one that the headers suggest")
    analyse.add_argument("--jobs", type=int, default=1, metavar="N", help="studies at the same time (default 1)")
    analyse.add_argument("--scheduler", metavar="ADDRESS", help="use the workers of this Dask scheduler instead")
    analyse.add_argument("--paper", choices=PAPERS, default=PAPERS[0], help="of the reports (default A4)")
    text = "table of all voxels, .csv or .parquet (default DIR/voxels.csv where there are several studies)"
    analyse.add_argument("--table", type=Path, metavar="FILE", help=text)
    _add_signing(analyse)
    fit = commands.add_parser("fit", help="fit any spectrum with an LCModel basis set")
    fit.add_argument("data", type=Path, metavar="DATA", help="a spectrum: DICOM, NIfTI-MRS or LCModel RAW")
    fit.add_argument("--basis", required=True, type=Path, metavar="FILE.basis", help="LCModel basis set")
    fit.add_argument("--out", required=True, type=Path, metavar="AMPLITUDES.csv", help="one row per spectrum")
    fit.add_argument("--water", type=Path, help="unsuppressed water of the same voxel: amplitudes become mM")
    fit.add_argument("--separate", action="store_true", help="fit every transient by itself")
    _add_basis(commands)
    demo = commands.add_parser("demo", help="write a simulated lumbar study with its truth")
    demo.add_argument("folder", type=Path, metavar="DIR")
    demo.add_argument("--seed", type=int, default=1, metavar="N")
    verify = commands.add_parser("verify", help="check a signed report")
    verify.add_argument("report", type=Path, metavar="REPORT.pdf")
    verify.add_argument("--study", type=Path, help="compute every number again from this study")
    verify.add_argument("--trust", type=Path, metavar="ROOT.pem", help="trust this root certificate only")
    text = "write what was signed first, byte by byte: the report that this one amends, or this one before its addenda"
    verify.add_argument("--extract-original", type=Path, metavar="FILE.pdf", help=text)
    inspect = commands.add_parser("inspect", help="say what files are")
    inspect.add_argument("file", nargs="+", type=Path)
    strip = commands.add_parser("deidentify", help="copy studies without their patients")
    strip.add_argument("study", nargs="+", type=Path, help="folder, DICOMDIR, zip or single file")
    strip.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new folder")
    text = "secret key: copies made with the same key can be linked (made where missing; default: none is kept)"
    strip.add_argument("--key-file", type=Path, metavar="FILE", help=text)
    _add_audit(commands)
    _add_receive(commands)
    send = commands.add_parser("send", help="queue DICOM files for a node of the network settings, and send them")
    send.add_argument("file", nargs="+", type=Path, metavar="FILE", help="DICOM file or folder of such")
    send.add_argument("--to", required=True, metavar="NODE", help="name or AE title of the node")
    send.add_argument("--wait", type=float, default=0.0, metavar="S", help="try again for so long (default: once)")
    support = commands.add_parser("support-bundle", help="write what helps to find a fault, without patients")
    support.add_argument("file", type=Path, metavar="FILE.zip")
    text = "add a copy of this study without its patient; may be given several times (default: none)"
    support.add_argument("--study", action="append", default=[], type=Path, metavar="DIR", help=text)
    export = commands.add_parser("export", help="write a report's objects for the archive: DICOM and FHIR")
    export.add_argument("study", type=Path, help="the study that the report was made from")
    export.add_argument("--report", required=True, type=Path, metavar="REPORT.pdf", help="a report of Discern")
    export.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the objects are written")
    return parser


def _add_signing(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sign", type=Path, metavar="CERT.p12", help="sign the reports with this certificate")
    command.add_argument("--passphrase-file", type=Path, metavar="FILE", help="holds the certificate's passphrase")
    text = "time-stamp authority: signatures outlast their certificates (PAdES B-LTA)"
    command.add_argument("--timestamp", metavar="URL", help=text)
    text = "root of the signer and of the time-stamp authority (default: the site's trust folder)"
    command.add_argument("--trust", type=Path, metavar="ROOT.pem", help=text)


def _add_receive(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    receive = commands.add_parser("receive", help="listen for studies by DICOM and analyse each that is complete")
    receive.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the results are written")
    receive.add_argument("--inbox", type=Path, metavar="DIR", help="keeps what comes (default DIR/received)")
    text = "who may send, beside the settings' nodes; may be given several times"
    receive.add_argument("--allow", action="append", default=[], metavar="AE@HOST[:PORT]", help=text)
    receive.add_argument("--aet", metavar="TITLE", help="our AE title (default: the settings', else DISCERN)")
    receive.add_argument("--port", type=int, metavar="N", help="default: the settings', else 11112")
    receive.add_argument("--bind", metavar="ADDRESS", help="address to listen at (default: this computer only)")
    receive.add_argument("--quiet", type=float, metavar="S", help="a study is complete after so long without objects")
    receive.add_argument("--tls-cert", type=Path, metavar="PEM", help="our certificate: only TLS is spoken then")
    receive.add_argument("--tls-key", type=Path, metavar="PEM", help="its key, readable by this user only")
    receive.add_argument("--tls-ca", type=Path, metavar="PEM", help="root certificates that senders must answer to")
    receive.add_argument("--protocol", choices=PROTOCOLS, help="instead of the one that the headers suggest")
    receive.add_argument("--no-analysis", action="store_true", help="only keep what comes")
    _add_signing(receive)


def _add_audit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    audit = commands.add_parser("audit", help="check and export who did what and when")
    audit.add_argument("--verify", action="store_true", help="go through the whole chain of records")
    text = "compare with a signed report or a file of anchors; may be given several times"
    audit.add_argument("--anchor", type=Path, action="append", default=[], metavar="FILE", help=text)
    text = "write the trail as DICOM audit messages (.xml) or with its hashes (.json)"
    audit.add_argument("--export", type=Path, metavar="FILE", help=text)
    text = "add the end of the trail to a file that is kept elsewhere"
    audit.add_argument("--write-anchor", type=Path, metavar="FILE", help=text)


def _add_basis(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    basis = commands.add_parser("basis", help="simulate a basis set for other programs")
    basis.add_argument("out", type=Path, metavar="OUT", help="OUT.basis for LCModel, OUT.nii.gz for NIfTI-MRS")
    basis.add_argument("--protocol", choices=PROTOCOLS, default="brain", help="whose signals (default brain)")
    basis.add_argument("--f0", required=True, type=float, metavar="MHZ", help="transmitter frequency")
    basis.add_argument("--te", type=float, default=0.0, metavar="MS", help="echo time")
    basis.add_argument("--te1", type=float, metavar="MS", help="first echo time of PRESS (default half of TE)")
    basis.add_argument("--tm", type=float, default=10.0, metavar="MS", help="mixing time of STEAM (default 10)")
    basis.add_argument("--sequence", choices=SEQUENCES, default="PRESS", help="default PRESS")
    text = "slice-selective refocusing pulses of this bandwidth (default ideal pulses)"
    basis.add_argument("--refocusing", type=float, metavar="HZ", help=text)
    basis.add_argument("--width", type=float, default=2000.0, metavar="HZ", help="spectral width (default 2000)")
    basis.add_argument("--points", type=int, default=2048, metavar="N", help="default 2048")
    basis.add_argument("--line-width", type=float, default=1.0, metavar="HZ", help="Lorentzian (default 1)")
