// Very many errors, and each a very long one.
#define TEN(x) x x x x x x x x x x
#define MANY(x) TEN(TEN(TEN(x)))
template <class... Parts> struct List { };
using Long = List<MANY(int, ) int>;
template <int n> void wrong(Long list) { list.none + Long::none(n); }
MANY(void f() { wrong<1>(Long()); Long() + missing; } int main() { return "" * 2; })
