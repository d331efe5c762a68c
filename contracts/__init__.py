"""What the agencies agree on: events, requests and answers, service items, the ledger entry.

Nothing here imports anything else of Seamless, and nothing here does I/O: an agency may copy this
package alone to build or check its messages.
"""
