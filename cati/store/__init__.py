"""The study's database: the only package that knows SQL; rows never leave it, frozen values do."""
