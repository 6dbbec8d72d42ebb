"""Celery: when and where the steps of a job run, never how. A message is a hint that carries one number; the database knows the rest."""
