"""The database's versions, applied when it is opened (see `provisioner.state.migrate`)."""
