"""Asks for names and addresses, by the system's way and by hand."""

import socket

socket.setdefaulttimeout(1)
for ask in (
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.gethostbyname("localhost.localdomain"),
    lambda: socket.create_connection(("1.1.1.1", 53)),
    lambda: socket.create_connection(("2606:4700:4700::1111", 53)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("255.255.255.255", 67)),
):
    try:
        print("ESCAPED:", ask())
    except OSError:
        pass
print("held")
