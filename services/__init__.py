"""What the business does; the only place that changes business data. Knows no request, no socket, no job queue."""
