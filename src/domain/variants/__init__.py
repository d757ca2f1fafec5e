"""Variants: drawing parameters by a seed and writing them into a problem version's texts."""
