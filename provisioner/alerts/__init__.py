"""The engine of alerts: pure, without clock, network or database. What came goes in, what is to be said comes out."""
