#include <iostream>
#include <string>
#include <vector>

// Wrong on the longest rolls only: the count does not fit into 32 bits.
int main() {
    int m;
    std::string roll;
    std::cin >> m >> roll;
    std::vector<unsigned> pieces(m, 0);
    unsigned winning = 0;
    for (char mark : roll) {
        const int digit = mark - '0';
        std::vector<unsigned> longer(m, 0);
        for (int r = 0; r < m; ++r) longer[(10 * r + digit) % m] += pieces[r];
        ++longer[digit % m];
        pieces = longer;
        winning += pieces[0];
    }
    std::cout << winning << '\n';
}
