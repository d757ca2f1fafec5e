"""Checkers: everything that finds out whether an answer is right and needs the world for it."""
