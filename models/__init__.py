"""Data that flows and data that is stored. Imports nothing else of the project."""
