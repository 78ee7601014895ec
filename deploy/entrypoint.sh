#!/bin/sh
# Starts `assay` below an init that collects what killed boxes leave behind.
set -eu

# A control group (v2) whose children have limits may hold no process itself. So all of this container goes into a leaf,
# init too, before anything starts; the sandbox knows it by its name. Where groups are read-only there is nothing to do.
groups=/sys/fs/cgroup
if [ -w "$groups/cgroup.subtree_control" ] && mkdir -p "$groups/assay-server" 2>/dev/null; then
  echo $$ >"$groups/assay-server/cgroup.procs" || echo 'assay: could not leave the root control group' >&2
fi

exec tini -- assay "$@"
