"""Document to translated Document. Knows no Celery and no click."""
