"""The numerical health of every formula: how many digits it keeps, against its inputs."""
