"""Why: exact contributions, sentences for a customer, pictures, and the report a reviewer reads."""
