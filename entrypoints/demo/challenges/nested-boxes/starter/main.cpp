#include <iostream>
#include <string>

int main() {
    std::string log;
    std::cin >> log;
    // Your code here
}
