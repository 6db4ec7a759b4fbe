"""What stands between the connectors and the wire: the write gate, sessions, retries, the rate ledger."""
