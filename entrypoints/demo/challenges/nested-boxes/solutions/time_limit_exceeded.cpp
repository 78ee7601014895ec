#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

// Too slow: begins anew at every character.
int main() {
    std::string log;
    std::cin >> log;
    const std::string boxes = "([{", lids = ")]}";
    std::size_t best = 0;
    for (std::size_t start = 0; start < log.size(); ++start) {
        std::vector<char> open;
        for (std::size_t i = start; i < log.size(); ++i) {
            if (auto kind = boxes.find(log[i]); kind != std::string::npos) {
                open.push_back(lids[kind]);
            } else if (!open.empty() && open.back() == log[i]) {
                open.pop_back();
                if (open.empty()) best = std::max(best, i + 1 - start);
            } else {
                break;
            }
        }
    }
    std::cout << best << '\n';
}
