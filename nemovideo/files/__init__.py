"""Files on their way up and down: inputs, media types, multipart, download targets."""
