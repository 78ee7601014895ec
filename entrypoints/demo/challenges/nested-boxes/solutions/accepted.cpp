#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

bool closes(char box, char lid) {
    return (box == '(' && lid == ')') || (box == '[' && lid == ']') || (box == '{' && lid == '}');
}

int main() {
    std::string log;
    std::cin >> log;
    std::vector<int> unmatched{-1};
    int best = 0;
    for (int i = 0; i < static_cast<int>(log.size()); ++i) {
        if (unmatched.size() > 1 && closes(log[unmatched.back()], log[i])) {
            unmatched.pop_back();
            best = std::max(best, i - unmatched.back());
        } else {
            unmatched.push_back(i);
        }
    }
    std::cout << best << '\n';
}
