"""What the profile store hears from other services: a module a feed."""
