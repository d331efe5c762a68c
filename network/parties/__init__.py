"""Sending and receiving as a party of the network: as a channel, as an agency, or as its operators."""

from network.parties.agency import AgencyClient
from network.parties.channel import ChannelClient
from network.parties.operator import OperatorClient

__all__ = ["AgencyClient", "ChannelClient", "OperatorClient"]
