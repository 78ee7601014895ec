#include <cstdio>
#include <vector>

int main() {
    int n, k;
    if (std::scanf("%d %d", &n, &k) != 2) return 1;
    std::vector<int> temperatures(n);
    for (int &t : temperatures) {
        if (std::scanf("%d", &t) != 1) return 1;
    }
    // Your code here
}
