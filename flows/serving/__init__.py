"""`tongguan serve`: server, worker and deployments of one machine, as one process that is started and stopped."""
