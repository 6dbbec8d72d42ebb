"""What the command line shows and takes: tables, progress, options. Only cli.py imports it."""
