#include <iostream>

int main() {
    std::vector<std::string> map(rows);
    std::cout << "stuck" << std::endl
}
