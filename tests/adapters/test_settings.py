"""Settings of an OIDC issuer: what cannot be is refused before anybody is let in."""

from pathlib import Path

import pytest

from adapters.settings import BadSettings, Login, load_settings

GOOD = {"oidc_issuer": "https://id.example.org/realms/school", "oidc_audience": "markbook, bank"}


def settings_from(tmp_path: Path, **values: str):
    variables = {f"MARKBOOK_{name.upper()}": value for name, value in values.items()}
    return load_settings({**variables, "MARKBOOK_DATA": str(tmp_path)})


def test_an_issuer_and_what_its_roles_are_called_here(tmp_path: Path):
    names = "school-teacher = teacher, boss=admin"
    found = settings_from(tmp_path, **GOOD, login="oidc", oidc_role_names=names)
    assert found.login is Login.OIDC
    assert found.oidc_audience == ("markbook", "bank")
    assert found.oidc_role_clients == ("journal",)
    assert found.role_names == {"school-teacher": "teacher", "boss": "admin"}
    assert found.token_key_path == tmp_path / "token-key.json"
    assert settings_from(tmp_path, token_key_file="/run/key").token_key_path == Path("/run/key")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"login": "oidc"}, "oidc_issuer: needed with login=oidc"),
        ({"oidc_issuer": GOOD["oidc_issuer"]}, "oidc_audience: needed with oidc_issuer"),
        ({**GOOD, "oidc_role_names": "boss=chief"}, "'boss=chief' is no pair such as"),
        ({**GOOD, "oidc_role_names": "admin"}, "'admin' is no pair such as"),
        *(
            ({**GOOD, "oidc_issuer": address}, "http is for loopback only")
            for address in (
                *("http://id.example.org", "ftp://id.example.org", "id.example.org", "https://"),
                *("https://user:word@id.example.org", "https://id.example.org/#x"),
                *("https://id.example.org:99999", "http://127.0.0.1.example.org", "http://[::2]"),
            )
        ),
    ],
)
def test_what_would_let_in_the_wrong_people_stops_the_start(
    tmp_path: Path, values: dict[str, str], said: str
):
    with pytest.raises(BadSettings, match=said):
        settings_from(tmp_path, **values)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080"])
def test_an_issuer_on_this_machine_needs_no_tls(tmp_path: Path, host: str):
    found = settings_from(tmp_path, **{**GOOD, "oidc_issuer": f"http://{host}/realms/school"})
    assert found.oidc_issuer == f"http://{host}/realms/school"
