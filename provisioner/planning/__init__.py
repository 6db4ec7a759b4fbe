"""From what is desired and what was observed to the changes in between. Pure: no clock, network or database."""
