"""The version: in panels' fingerprints and run keys, since another version may compute otherwise."""

VERSION = "0.1.0"
