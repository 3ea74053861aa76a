"""From scores to a strategy per customer: relationship intensity, quadrants, what is at stake."""
