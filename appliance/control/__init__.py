"""The one door into the daemon: JSON-RPC 2.0 lines on a Unix socket."""
