ELF this begins like a program; a shell would start it as one
