"""Instructions to drafts: one file a topic, all of them working on one `Desk`."""
