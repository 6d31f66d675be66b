"""From predictions to a decision, and from a decision to the reject gate."""
