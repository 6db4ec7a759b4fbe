"""The service: HTTP, schedule and worker of one installation; one instance leads."""
