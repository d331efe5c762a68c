"""The terms that contracts are made of: values, identifiers, limits, requests, reports, decisions."""
