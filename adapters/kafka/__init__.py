"""Wake-ups by way of Kafka, and those that died."""
