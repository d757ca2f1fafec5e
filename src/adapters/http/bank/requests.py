"""Requests to the Bank."""

from adapters.http.bearer_request import BearerRequest
from domain.installation_settings import INSTALLATION, InstallationSettings, installation_settings

_MIB = 1024 * 1024


class BankRequest(BearerRequest):
    """A request to this facade."""

    facade = "bank"

    @property
    def most_bytes(self) -> int:
        """The largest body the installation takes (setting `maxBodyMb`)."""
        known = self.parts.ledger.remembered(installation_settings, INSTALLATION)
        return (known[0] if known else InstallationSettings()).max_body_mb * _MIB
