"""churnlab: from transaction histories to the customers worth keeping."""
