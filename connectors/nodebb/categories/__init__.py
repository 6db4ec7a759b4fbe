"""Categories: which groups are in them, below what they stand, what stands first in each."""
