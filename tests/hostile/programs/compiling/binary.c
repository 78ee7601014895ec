ELF  > @  @  what follows is no source, but the beginning of a program
