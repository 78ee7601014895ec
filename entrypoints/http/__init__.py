"""The HTTP interface: what `docs/api.md` promises."""
