"""Programs that benchmarks judge: each reads numbers and prints their sum."""

from dataclasses import dataclass
from pathlib import Path

TESTS = 20
_NUMBERS = 1_000

_CPP = """#include <bits/stdc++.h>
using namespace std;
int main() {
    int count;
    cin >> count;
    vector<long long> numbers(count);
    for (auto& number : numbers) cin >> number;
    sort(numbers.begin(), numbers.end());
    map<long long, int> seen;
    for (auto number : numbers) ++seen[number];
    cout << accumulate(numbers.begin(), numbers.end(), 0LL) << "\\n";
}
"""
_PYTHON = """import sys

count, *numbers = map(int, sys.stdin.read().split())
print(sum(sorted(numbers)))
"""
_JAVA = """import java.util.*;

public class Main {
    public static void main(String[] arguments) {
        Scanner input = new Scanner(System.in);
        int count = input.nextInt();
        List<Long> numbers = new ArrayList<>();
        for (int n = 0; n < count; n++) numbers.add(input.nextLong());
        Collections.sort(numbers);
        long sum = 0;
        for (long number : numbers) sum += number;
        System.out.println(sum);
    }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program, and how one would compile and start it by hand; `{folder}` is where it lies."""

    language: str
    file_name: str
    source: str
    run: tuple[str, ...]
    compile: tuple[str, ...] = ()
    comment: str = "//"

    def anew(self, number: int) -> str:
        """The same program, which nobody has compiled before."""
        return f"{self.source}{self.comment} {number}\n"


PROGRAMS = {
    "C++": Program(
        language="cpp",
        file_name="main.cpp",
        source=_CPP,
        compile=("/usr/bin/g++", "-O2", "-o", "{folder}/main", "{folder}/main.cpp"),
        run=("{folder}/main",),
    ),
    "Python": Program(
        language="python3",
        file_name="main.py",
        source=_PYTHON,
        run=("/usr/bin/python3", "-B", "-s", "{folder}/main.py"),
        comment="#",
    ),
    "Java": Program(
        language="java",
        file_name="Main.java",
        source=_JAVA,
        compile=("/usr/bin/javac", "-d", "{folder}", "{folder}/Main.java"),
        run=("/usr/bin/java", "-cp", "{folder}", "Main"),
    ),
}

TINY = {
    "C": Program(
        language="c",
        file_name="main.c",
        source="int main(void) { return 0; }\n",
        compile=("/usr/bin/gcc", "-O2", "-std=gnu17", "-o", "{folder}/main", "{folder}/main.c"),
        run=("{folder}/main",),
    ),
    "Python": Program(
        language="python3",
        file_name="main.py",
        source="pass\n",
        run=("/usr/bin/python3", "-B", "-s", "{folder}/main.py"),
    ),
}


def examples() -> list[tuple[bytes, bytes]]:
    """TESTS inputs of some kilobytes, and what is to be printed for each."""
    return [_example(seed) for seed in range(TESTS)]


def written(program: Program, folder: Path) -> Path:
    """The program and its inputs in that folder."""
    folder.mkdir()
    (folder / program.file_name).write_text(program.source)
    for number, (given, _) in enumerate(examples()):
        (folder / f"{number}.in").write_bytes(given)
    return folder


def _example(seed: int) -> tuple[bytes, bytes]:
    numbers = [(n * 7919 + seed * 104_729) % 1_000_003 for n in range(_NUMBERS)]
    given = f"{_NUMBERS}\n{' '.join(map(str, numbers))}\n"
    return given.encode(), f"{sum(numbers)}\n".encode()
