#include <cstdio>
#include <vector>

// A hull of prefix sums: the best start of each spell is where the slope is steepest.
int main() {
    int n, k;
    if (std::scanf("%d %d", &n, &k) != 2) return 1;
    std::vector<long long> sum(n + 1, 0);
    for (int i = 1; i <= n; ++i) {
        int t;
        if (std::scanf("%d", &t) != 1) return 1;
        sum[i] = sum[i - 1] + t;
    }
    auto below = [&](int a, int b, int c) {  // slope a-b is at least slope b-c
        return (sum[b] - sum[a]) * (c - b) >= (sum[c] - sum[b]) * (b - a);
    };
    std::vector<int> hull;
    std::size_t first = 0;
    double best = -1e9;
    for (int end = k; end <= n; ++end) {
        const int start = end - k;
        while (hull.size() >= first + 2 && below(hull[hull.size() - 2], hull.back(), start)) hull.pop_back();
        hull.push_back(start);
        while (first + 1 < hull.size() &&
               (sum[end] - sum[hull[first]]) * (end - hull[first + 1]) <=
                   (sum[end] - sum[hull[first + 1]]) * (end - hull[first])) {
            ++first;
        }
        const double mean = double(sum[end] - sum[hull[first]]) / (end - hull[first]);
        if (mean > best) best = mean;
    }
    std::printf("%.9f\n", best);
}
