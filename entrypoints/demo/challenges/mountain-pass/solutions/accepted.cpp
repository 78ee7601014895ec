#include <iostream>
#include <queue>
#include <string>
#include <vector>

int main() {
    int rows, columns;
    std::cin >> rows >> columns;
    std::vector<std::string> map(rows);
    for (auto &line : map) std::cin >> line;

    struct State {
        int hours, row, column, spent;
        bool operator<(const State &other) const { return hours > other.hours; }
    };
    std::vector<int> best(2 * rows * columns, 1 << 30);
    auto cell = [&](int row, int column, int spent) -> int & { return best[(spent * rows + row) * columns + column]; };
    std::priority_queue<State> queue;
    queue.push({0, 0, 0, 0});
    cell(0, 0, 0) = 0;
    while (!queue.empty()) {
        const State now = queue.top();
        queue.pop();
        if (now.hours > cell(now.row, now.column, now.spent)) continue;
        if (now.row == rows - 1 && now.column == columns - 1) {
            std::cout << now.hours << '\n';
            return 0;
        }
        const int steps[4][2] = {{-1, 0}, {0, -1}, {0, 1}, {1, 0}};
        for (auto [down, right] : steps) {
            const int row = now.row + down, column = now.column + right;
            if (row < 0 || column < 0 || row >= rows || column >= columns) continue;
            const bool rock = map[row][column] == '#';
            if (rock && now.spent) continue;
            const int spent = now.spent + rock, hours = now.hours + (rock ? 0 : map[row][column] - '0');
            if (hours < cell(row, column, spent)) {
                cell(row, column, spent) = hours;
                queue.push({hours, row, column, spent});
            }
        }
    }
    std::cout << "stuck\n";
}
