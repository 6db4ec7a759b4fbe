"""Team folders and what is in them."""
