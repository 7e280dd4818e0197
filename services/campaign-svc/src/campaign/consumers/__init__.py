"""What this service hears of others: a module a feed."""
