"""What is written for programs: JSON, JUnit XML and annotations."""
