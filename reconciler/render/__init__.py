"""Plans, reports and drift as text for people and JSON for machines; returns it, never prints."""
