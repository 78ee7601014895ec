"""Answers rightly and ends, while a child that was left behind goes on writing."""

import os

print("held", flush=True)
child, go = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.read(child, 1)
    while True:
        os.write(1, b"ESCAPED: a second answer\n")
os._exit(0)
