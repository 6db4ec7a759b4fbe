"""What senders of sensor data and alerts say, and how it reaches us: one folder or file a product."""
