#include <algorithm>
#include <iostream>
#include <queue>
#include <string>
#include <vector>

// Too slow: looks for the fastest way anew for every rock that may be blasted.
int rows, columns;
std::vector<std::string> map;

int fastest() {
    std::vector<int> best(rows * columns, 1 << 30);
    std::priority_queue<std::pair<int, int>> queue;
    queue.push({0, 0});
    best[0] = 0;
    while (!queue.empty()) {
        const int hours = -queue.top().first, square = queue.top().second;
        queue.pop();
        if (hours > best[square]) continue;
        const int steps[4][2] = {{-1, 0}, {0, -1}, {0, 1}, {1, 0}};
        for (auto [down, right] : steps) {
            const int row = square / columns + down, column = square % columns + right;
            if (row < 0 || column < 0 || row >= rows || column >= columns || map[row][column] == '#') continue;
            const int then = hours + map[row][column] - '0';
            if (then < best[row * columns + column]) {
                best[row * columns + column] = then;
                queue.push({-then, row * columns + column});
            }
        }
    }
    return best.back();
}

int main() {
    std::cin >> rows >> columns;
    map.resize(rows);
    for (auto &line : map) std::cin >> line;
    int least = fastest();
    for (auto &line : map) {
        for (char &mark : line) {
            if (mark != '#') continue;
            mark = '0';
            least = std::min(least, fastest());
            mark = '#';
        }
    }
    if (least == 1 << 30) std::cout << "stuck\n";
    else std::cout << least << '\n';
}
