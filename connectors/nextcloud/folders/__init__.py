"""Team folders: who has them with which rights, and what we put into them."""
