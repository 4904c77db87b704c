"""Instructions to drafts: one file a topic, each on a `WorkingDraft`."""
