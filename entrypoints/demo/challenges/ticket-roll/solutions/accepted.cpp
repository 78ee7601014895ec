#include <iostream>
#include <string>
#include <vector>

int main() {
    int m;
    std::string roll;
    std::cin >> m >> roll;
    std::vector<long long> pieces(m, 0);
    long long winning = 0;
    for (char mark : roll) {
        const int digit = mark - '0';
        std::vector<long long> longer(m, 0);
        for (int r = 0; r < m; ++r) longer[(10 * r + digit) % m] += pieces[r];
        ++longer[digit % m];
        pieces = longer;
        winning += pieces[0];
    }
    std::cout << winning << '\n';
}
