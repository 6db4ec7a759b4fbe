"""Categories: below what they stand, which groups are in them, and what stands first in each."""
