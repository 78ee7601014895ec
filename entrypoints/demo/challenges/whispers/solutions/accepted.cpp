#include <iostream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

int main() {
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    std::string first, teller, listener;
    int m;
    std::cin >> first >> m;
    std::unordered_map<std::string, std::vector<std::string>> whispers_to;
    while (m-- > 0 && std::cin >> teller >> listener) whispers_to[teller].push_back(listener);
    std::unordered_set<std::string> know{first};
    std::vector<std::string> queue{first};
    for (std::size_t next = 0; next < queue.size(); ++next) {
        for (const auto &name : whispers_to[queue[next]]) {
            if (know.insert(name).second) queue.push_back(name);
        }
    }
    for (const auto &name : queue) std::cout << name << '\n';
}
