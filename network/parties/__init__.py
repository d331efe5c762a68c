"""Speaking and hearing as a party of the network: as a channel or as an agency."""
