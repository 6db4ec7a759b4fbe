"""Single pages whose whole text is ours: the one that leads to all spaces."""
