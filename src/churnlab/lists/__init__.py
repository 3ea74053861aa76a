"""Campaign lists: one per strategy and one with everybody, published whole or not at all."""
