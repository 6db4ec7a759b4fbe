"""The bridge: what senders deliver becomes alerts in the database, and alerts become words in conversations."""
