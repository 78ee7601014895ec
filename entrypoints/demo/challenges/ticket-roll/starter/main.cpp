#include <iostream>
#include <string>

int main() {
    int m;
    std::string roll;
    std::cin >> m >> roll;
    // Your code here
}
