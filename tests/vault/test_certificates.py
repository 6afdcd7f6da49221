"""A server's certificate is taken by OpenSSL and by the program's own connection, and by nothing it was not made for."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from cati.errors import Problem
from cati.vault.certificates import Signed, new_authority, server_certificate

NOW = datetime.now(UTC).replace(microsecond=0)


def verified(authority: Signed, server: Signed, name: str, at: datetime = NOW) -> None:
    store = Store([x509.load_pem_x509_certificate(authority.certificate.encode())])
    verifier = PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(name))
    verifier.verify(x509.load_pem_x509_certificate(server.certificate.encode()), [])


def test_it_is_good_for_its_names_and_its_time_alone() -> None:
    authority = new_authority(NOW)
    server = server_certificate(authority, ["studies.example.org", "10.1.2.3"], NOW)
    verified(authority, server, "studies.example.org")
    verified(authority, server, "studies.example.org", server.ends - timedelta(minutes=1))
    for by, name, at in (
        (authority, "elsewhere.example.org", NOW),
        (new_authority(NOW), "studies.example.org", NOW),
        (authority, "studies.example.org", server.ends + timedelta(minutes=1)),
    ):
        with pytest.raises(VerificationError):
            verified(by, server, name, at)
    assert timedelta(days=800) < server.ends - NOW < timedelta(days=830)
    assert "PRIVATE" not in server.certificate + authority.certificate
    assert server.key not in repr(server)


def test_openssl_takes_it_too(tmp_path: Path) -> None:
    authority = new_authority(NOW)
    server = server_certificate(authority, ["studies.example.org", "10.1.2.3"], NOW)
    (tmp_path / "ca.pem").write_text(authority.certificate)
    (tmp_path / "server.crt").write_text(server.certificate)
    words = ("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem")
    for more in ((), ("-verify_hostname", "studies.example.org"), ("-verify_ip", "10.1.2.3")):
        subprocess.run([*words, *more, "server.crt"], cwd=tmp_path, check=True, capture_output=True)
    wrong = subprocess.run(
        [*words, "-verify_hostname", "x.org", "server.crt"], cwd=tmp_path, check=False, capture_output=True
    )
    assert wrong.returncode != 0


def test_the_same_authority_signs_again_and_another_ones_key_does_not() -> None:
    authority = new_authority(NOW)
    verified(authority, server_certificate(authority, ["a.org"], NOW + timedelta(days=700)), "a.org",
             NOW + timedelta(days=800))  # fmt: skip
    mixed = Signed(authority.certificate, new_authority(NOW).key, NOW)
    with pytest.raises(Problem, match="belongs to another"):
        server_certificate(mixed, ["a.org"], NOW)
    with pytest.raises(Problem, match="time is over"):
        server_certificate(authority, ["a.org"], NOW + timedelta(days=3651))
    late = server_certificate(authority, ["a.org"], NOW + timedelta(days=3600))
    assert late.ends <= authority.ends
    with pytest.raises(Problem, match="no name of a server"):
        server_certificate(authority, ["größe.org"], NOW)
