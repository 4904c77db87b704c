"""The journal of paid messages and renders: recorder, journal, database."""
