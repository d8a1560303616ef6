"""What `import fairprune` gives for code of one's own, and the workflow uses too."""
