"""Speaking and hearing as a party of the network: as a channel or as an agency."""

from network.parties.agency import AgencyClient
from network.parties.channel import ChannelClient

__all__ = ["AgencyClient", "ChannelClient"]
