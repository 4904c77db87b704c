"""Natural language: intents, languages, sentences, and filters of what the agent says."""
