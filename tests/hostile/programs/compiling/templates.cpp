// Types that need two more types each, for ever.
template <class First, class Second> struct Pair { };
template <int depth, class Path> struct Tree {
  Tree<depth + 1, Pair<Path, int>> left;
  Tree<depth + 1, Pair<int, Path>> right;
};
Tree<0, int> tree;
int main() { }
