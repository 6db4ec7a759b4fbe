"""What the emulated Jitsi-Admin is made of."""
