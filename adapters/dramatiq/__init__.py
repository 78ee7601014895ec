"""Wake-ups through Dramatiq, on Redis or on RabbitMQ."""
