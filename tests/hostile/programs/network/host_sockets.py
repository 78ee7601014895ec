"""Sockets of the host: by path, by the abstract names that its judges and desktops use."""

import socket

paths = [
    "/run/docker.sock",
    "/var/run/docker.sock",
    "/run/dbus/system_bus_socket",
    "/run/systemd/private",
    "/run/mysqld/mysqld.sock",
    "/tmp/.X11-unix/X0",
]
names = ["\0/tmp/.X11-unix/X0", "\0/containerd-shim", *(f"\0assay-slot-{n}" for n in range(100))]
for name in (*paths, *names):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            socket.socket(socket.AF_UNIX, kind).connect(name)
            print("ESCAPED:", name)
        except OSError:
            pass
print("held")
