"""What is said to people: when, with which facts, and that it arrives at most once."""
