"""Derives keys, seals and opens what identifies a person: the only package that knows cryptography."""
