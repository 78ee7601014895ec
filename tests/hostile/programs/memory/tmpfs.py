"""Fills every folder that it may write to, which is memory, too."""

for folder in ("/tmp", "/box", "/dev/shm", "/tmp"):
    try:
        with open(f"{folder}/full", "wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError:
        pass
print("ESCAPED: more than the limit was written")
