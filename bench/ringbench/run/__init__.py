"""A session, from a plan to stored rows: what starts processes, attaches probes and reads rings."""
