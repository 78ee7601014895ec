#include <iostream>
#include <string>

int main() {
    std::string first, teller, listener;
    int m;
    std::cin >> first >> m;
    while (m-- > 0 && std::cin >> teller >> listener) {
        // Your code here
    }
}
