"""Who is calling, which keys sign, and how names of people are sealed."""
