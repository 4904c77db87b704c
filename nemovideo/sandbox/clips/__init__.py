"""Generated clips whose pictures come from a video server instead of the studio."""
