"""Problems of a project and what is done about them."""
