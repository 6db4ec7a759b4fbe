"""Groups, of which the wiki keeps nothing but their names in lines of rights."""
