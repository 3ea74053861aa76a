"""Side by side with others on the same data; `make bench` prints figures and writes them as JSON lines."""
