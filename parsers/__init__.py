"""Files to Documents and back, one module a format."""
