"""The one door into the daemon: JSON-RPC 2.0 on a Unix socket (docs/control-api.md)."""
