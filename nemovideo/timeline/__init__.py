"""A draft as a timeline: elements, differences, wording, drawings and file formats."""
