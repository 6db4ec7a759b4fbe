"""Meetings: who may enter which room, when bodies meet, and what people are told of it."""
