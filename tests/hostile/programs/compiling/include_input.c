/* The compiler's own input, outputs and whatever else it has open. */
#include "/dev/stdin"
#include "/dev/stdout"
#include "/dev/fd/3"
#include "/dev/fd/4"
int main(void) { return undeclared; }
