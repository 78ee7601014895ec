/* A program that is larger than what is kept of one. */
char large[64 << 20] = {1};
int main(void) { return large[1]; }
