"""MongoDB: submissions, who judges them, their judgements and what they add up to."""
