/* A few lines that become a thousand million. */
#define A(...) __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__ __VA_ARGS__
#define B(...) A(A(__VA_ARGS__))
#define C(...) B(B(__VA_ARGS__))
int list[] = {C(C(1,))};
int main(void) { return list[0]; }
