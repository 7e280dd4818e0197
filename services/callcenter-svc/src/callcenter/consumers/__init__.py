"""What this service hears of others: a module a feed. Members of an event that are not declared are ignored."""
