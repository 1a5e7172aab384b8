"""What comes of it: priorities, projects, measures, problems, pilots, questions."""
