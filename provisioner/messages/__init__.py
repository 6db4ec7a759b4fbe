"""What is said to people: letters put into words, and the way to a mail server."""
