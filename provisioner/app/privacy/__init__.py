"""What is kept of people: shown, erased with proof, written down for the record."""
