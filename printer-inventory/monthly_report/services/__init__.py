"""What is done with a month: taken over from polls, edited, imported, exported, published."""
