"""The plug-ins: transports, readers, workloads and channels, one object each."""
