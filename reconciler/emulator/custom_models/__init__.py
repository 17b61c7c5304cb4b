"""The custom models API: DataRobot environments, models, versions, jobs and sharing."""
