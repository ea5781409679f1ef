"""The network's settings: kept whole, refused where wrong, without secrets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.network import NetworkSettings, Node, ReceiverSettings, problem_of_node
from app.dicom.network.errors import BadNetworkSettings
from app.dicom.network.settings_file import load_settings, save_settings
from app.dicom.network.tls import check_private, secret_in, server_context
from tests.app.dicom.network.peers import Authority

NODE = Node("Archive", "ARCHIVE", "archive.invalid", 104)


def test_without_a_file_nothing_is_configured_and_loopback_is_meant(tmp_path: Path) -> None:
    found = load_settings(tmp_path / "network.json")
    assert found.nodes == ()
    assert found.receiver.bind == "127.0.0.1"


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    wanted = NetworkSettings("READER", (NODE, replace(NODE, name="Web", web_url="https://a.invalid/dicom-web")))
    wanted = replace(wanted, receiver=ReceiverSettings("0.0.0.0", 104, tls=True, quiet_s=5.0))
    save_settings(wanted, tmp_path / "network.json")
    assert load_settings(tmp_path / "network.json") == wanted


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("no json", "whole file"),
        ('{"network": {"nodes": [{"name": "A", "port": "many"}]}}', "network.nodes.0.port"),
        ('{"network": {}, "more": 2}', "more"),
        ('{"network": {"ae_title": "FAR TOO LONG AN AE TITLE"}}', "16"),
    ],
)
def test_an_unusable_file_is_refused_with_the_place_and_left(tmp_path: Path, content: str, named: str) -> None:
    path = tmp_path / "network.json"
    path.write_text(content)
    with pytest.raises(BadNetworkSettings, match=named):
        load_settings(path)
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"name": " "}, "name"),
        ({"ae_title": "A\\B"}, "backslash"),
        ({"ae_title": ""}, "AE title"),
        ({"host": "two words"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"web_url": "https://user:secret@a.invalid/"}, "no user name or password"),
        ({"web_url": "ftp://a.invalid/"}, "https"),
        ({"send_by": "STOW"}, "address is needed"),
        ({"send_by": "STOW", "web_url": "https://a.invalid/dicom-web"}, None),
    ],
)
def test_a_node_says_what_is_wrong_with_it(changed: dict[str, object], problem: str | None) -> None:
    found = problem_of_node(replace(NODE, **changed))  # type: ignore[arg-type]
    assert (found is None) if problem is None else (found is not None and problem in found)


def test_two_nodes_of_one_name_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(BadNetworkSettings, match="same name"):
        save_settings(NetworkSettings(nodes=(NODE, NODE)), tmp_path / "network.json")
    assert not (tmp_path / "network.json").exists()


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("only for tests\n")
    secret.chmod(0o640)
    with pytest.raises(BadNetworkSettings, match="chmod 600"):
        secret_in(secret)
    secret.chmod(0o600)
    assert secret_in(secret) == "only for tests"
    with pytest.raises(BadNetworkSettings, match="cannot be read"):
        check_private(tmp_path / "missing")


def test_tls_files_that_cannot_be_used_are_named_in_a_sentence(tmp_path: Path) -> None:
    good = Authority(tmp_path).issue("reader")
    server_context(good)
    with pytest.raises(BadNetworkSettings, match="three files"):
        server_context(replace(good, authority=""))
    with pytest.raises(BadNetworkSettings, match="cannot be used"):
        server_context(replace(good, certificate=good.key))
    Path(good.key).chmod(0o644)
    with pytest.raises(BadNetworkSettings, match="others can read"):
        server_context(good)
