#include <algorithm>
#include <cstdio>
#include <vector>

// Wrong: two places are not enough. (And it would be too slow.)
int main() {
    int n, k;
    if (std::scanf("%d %d", &n, &k) != 2) return 1;
    std::vector<int> sum(n + 1, 0);
    for (int i = 1, t; i <= n && std::scanf("%d", &t) == 1; ++i) sum[i] = sum[i - 1] + t;
    double best = -100;
    for (int start = 0; start + k <= n; ++start) {
        for (int end = start + k; end <= n; ++end) best = std::max(best, double(sum[end] - sum[start]) / (end - start));
    }
    std::printf("%.2f\n", best);
}
