/* Recurses for ever, with frames that cannot be left out. */
int deeper(char *above) { char own[512]; own[0] = above ? *above + 1 : 1; return deeper(own) + own[0]; }
int main(void) { return deeper(0); }
