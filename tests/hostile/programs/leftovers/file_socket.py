"""A socket with a name in each folder that it can write to, and a daemon that listens there."""

import os
import socket

for folder in ("/tmp", "/box", "/dev/shm"):
    path = f"{folder}/left"
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        print("ESCAPED: another test listens in", folder)
    except OSError:
        pass
    if os.path.lexists(path):
        print("ESCAPED: a name was left in", folder)
    try:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        listening.listen()
    except OSError:
        continue
    if os.fork() == 0:
        os.setsid()
        while True:
            listening.accept()
print("held")
