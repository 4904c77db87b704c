"""The agent on a chat model, which chooses what the rule agent carries out."""
