"""Judging on this machine: bubblewrap, namespaces, cgroups, seccomp and a small init of ours."""
