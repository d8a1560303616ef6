"""What `import fairprune` offers to code of your own; the workflow uses it too."""
