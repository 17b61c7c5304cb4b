"""What clients of the custom models API call around it: ping, jobs, deployments, packages."""
