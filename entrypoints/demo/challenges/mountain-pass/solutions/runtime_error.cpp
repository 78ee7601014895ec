#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

// Crashes: gives up on purpose where the map has no way without dynamite to the east.
int main() {
    int rows, columns;
    std::cin >> rows >> columns;
    std::vector<std::string> map(rows);
    for (auto &line : map) std::cin >> line;
    int hours = 0;
    for (int column = 1; column < columns; ++column) {
        if (map[0][column] == '#') std::abort();
        hours += map[0][column] - '0';
    }
    for (int row = 1; row < rows; ++row) {
        if (map[row][columns - 1] == '#') std::abort();
        hours += map[row][columns - 1] - '0';
    }
    std::cout << hours << '\n';
}
