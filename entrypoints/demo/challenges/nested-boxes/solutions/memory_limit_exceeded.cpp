#include <iostream>
#include <string>
#include <vector>

// Takes too much memory: a table with a cell for every stretch.
int main() {
    std::string log;
    std::cin >> log;
    const int n = static_cast<int>(log.size());
    auto pair = [&](int i, int j) {
        const std::string both{log[i], log[j]};
        return both == "()" || both == "[]" || both == "{}";
    };
    std::vector<std::vector<char>> packed(n + 1, std::vector<char>(n + 1, 0));
    int best = 0;
    for (int i = 0; i <= n; ++i) packed[i][i] = 1;
    for (int length = 2; length <= n; length += 2) {
        for (int i = 0; i + length <= n; ++i) {
            const int j = i + length;
            if (pair(i, j - 1) && packed[i + 1][j - 1]) packed[i][j] = 1;
            for (int k = i + 2; k < j && !packed[i][j]; k += 2) {
                if (packed[i][k] && packed[k][j]) packed[i][j] = 1;
            }
            if (packed[i][j]) best = length;
        }
    }
    std::cout << best << '\n';
}
