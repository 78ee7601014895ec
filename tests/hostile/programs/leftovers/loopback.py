"""Ports, connections and counters of the loopback device, which tests may share."""

import os
import socket

for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            one = socket.socket(family, kind)
        except OSError:
            continue
        try:
            one.bind((host, 4242))
        except OSError as error:
            print("ESCAPED: the port is taken:", error)
        try:
            one.sendto(b"x" * 1000, (host, 4242))
        except OSError:
            pass
        print("ESCAPED: there is a network, which counts what is sent")
        if kind is socket.SOCK_STREAM:
            one.listen()
            if os.fork() == 0:
                os.setsid()
                while True:
                    one.accept()
try:
    with open("/proc/self/net/dev") as file:
        devices = file.read().splitlines()[2:]
except OSError:
    devices = []
for line in devices:
    if any(int(figure) for figure in line.split(":")[1].split()):
        print("ESCAPED: somebody sent:", line)
print("held")
