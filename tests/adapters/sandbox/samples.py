"""The same few programs in every language."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`echo` copies its input in one line of source; `exits` ends with 3; `broken` is not valid.

    `parts` are a main file, named last, and a file that it needs, which print "parts" together.
    `given` makes the input of which `echo` copies those bytes.
    """

    language: str
    echo: str
    comment: str
    exits: str
    broken: str
    parts: dict[str, str]
    given: Callable[[bytes], bytes] = bytes

    def __str__(self) -> str:
        return self.language


def _table(word: bytes) -> bytes:
    return b"create table given (word);\ninsert into given values ('" + word + b"');\n"


SAMPLES = (
    Sample(
        language="c",
        echo="int getchar(),putchar(int);int main(){for(int c;(c=getchar())>=0;)putchar(c);}",
        comment="//",
        exits="int main(void) { return 3; }",
        broken="int main(void) { return missing; }",
        parts={
            "part_c": 'char *part(void) { return "parts"; }\n',
            "main_c": "int puts(char *);\nchar *part(void);\nint main(void) { puts(part()); }\n",
        },
    ),
    Sample(
        language="cpp",
        echo='__extension__ extern "C" int getchar(),putchar(int);'
        "int main(){for(int c;(c=getchar())>=0;)putchar(c);}",
        comment="//",
        exits="#include <cstdlib>\nint main() { std::exit(3); }",
        broken="int main() { auto x = ; }",
        parts={
            "part_h": 'inline const char *part() { return "parts"; }\n',
            "main_cpp": '#include "part.h"\n#include <cstdio>\nint main() { puts(part()); }\n',
        },
    ),
    Sample(
        language="python3",
        echo="import sys;sys.stdout.write(sys.stdin.read())",
        comment="#",
        exits="raise SystemExit(3)",
        broken="def f(:\n",
        parts={"part_py": 'WORD = "parts"\n', "main_py": "import part\nprint(part.WORD)\n"},
    ),
    Sample(
        language="java",
        echo="public class Echo { public static void main(String[] a) throws Exception "
        "{ System.in.transferTo(System.out); System.out.flush(); } }",
        comment="//",
        exits="class Ends { public static void main(String... a) { System.exit(3); } }",
        broken="class Main { int f() { return nothing; } }",
        parts={
            "Part_java": 'class Part { static String word() { return "parts"; } }\n',
            "Start_java": "class Start {\n  public static void main(String[] a) {\n"
            "    System.out.println(Part.word());\n  }\n}\n",
        },
    ),
    Sample(
        language="javascript",
        echo='process.stdout.write(require("fs").readFileSync(0));',
        comment="//",
        exits="process.exit(3)",
        broken="let = = 3;",
        parts={
            "part_js": 'module.exports = "parts";\n',
            "main_js": 'console.log(require("./part"));\n',
        },
    ),
    Sample(
        language="typescript",
        echo='import {readFileSync} from "fs";process.stdout.write(readFileSync("/dev/stdin"));',
        comment="//",
        exits="process.exit(3);",
        broken='const n: number = "no";',
        parts={
            "part_ts": 'export const word: string = "parts";\n',
            "main_ts": 'import { word } from "./part";\nconsole.log(word);\n',
        },
    ),
    Sample(
        language="go",
        echo='package main;import ("io";"os");func main() {io.Copy(os.Stdout, os.Stdin)}',
        comment="//",
        exits='package main\n\nimport "os"\n\nfunc main() { os.Exit(3) }\n',
        broken="package main\n\nfunc main() { unused := 1 }\n",
        parts={
            "part_go": 'package main\n\nfunc part() string { return "parts" }\n',
            "main_go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(part()) }\n',
        },
    ),
    Sample(
        language="rust",
        echo="fn main() {std::io::copy(&mut std::io::stdin(), &mut std::io::stdout()).unwrap();}",
        comment="//",
        exits="fn main() { std::process::exit(3) }",
        broken="fn main() { let x: u8 = true; }",
        parts={
            "part_rs": 'pub fn word() -> &\'static str { "parts" }\n',
            "main_rs": 'mod part;\nfn main() { println!("{}", part::word()); }\n',
        },
    ),
    Sample(
        language="bash",
        echo="cat",
        comment=" #",
        exits="exit 3",
        broken="if true; then",
        parts={"part_sh": "word=parts\n", "main_sh": "source ./part.sh\necho $word\n"},
    ),
    Sample(
        language="perl",
        echo="print while <STDIN>;",
        comment="#",
        exits="exit 3;",
        broken="my $x = ;",
        parts={
            "Part_pm": 'package Part;\nsub word { "parts" }\n1;\n',
            "main_pl": 'use Part;\nprint Part::word(), "\\n";\n',
        },
    ),
    Sample(
        language="ruby",
        echo="$stdout.write($stdin.read)",
        comment="#",
        exits="exit 3",
        broken="def f(",
        parts={
            "part_rb": 'WORD = "parts"\n',
            "main_rb": 'require_relative "part"\nputs WORD\n',
        },
    ),
    Sample(
        language="php",
        echo="<?php echo stream_get_contents(STDIN);",
        comment="//",
        exits="<?php exit(3);",
        broken="<?php echo ;",
        parts={
            "part_php": '<?php\nconst WORD = "parts";\n',
            "main_php": '<?php\nrequire "part.php";\necho WORD, "\\n";\n',
        },
    ),
    Sample(
        language="pypy3",
        echo="import sys;sys.stdout.write(sys.stdin.read())",
        comment="#",
        exits="raise SystemExit(3)",
        broken="def f(:\n",
        parts={"part_py": 'WORD = "parts"\n', "main_py": "import part\nprint(part.WORD)\n"},
    ),
    Sample(
        language="lua",
        echo='io.write(io.read("a"))',
        comment="--",
        exits="os.exit(3)",
        broken="if true then",
        parts={
            "part_lua": 'return "parts"\n',
            "main_lua": 'local word = require("part")\nprint(word)\n',
        },
    ),
    Sample(
        language="haskell",
        echo="main = getContents >>= putStr",
        comment="--",
        exits="import System.Exit\nmain = exitWith (ExitFailure 3)\n",
        broken="main = putStrLn 3\n",
        parts={
            "Part_hs": 'module Part where\nword = "parts"\n',
            "main_hs": "import Part\nmain = putStrLn word\n",
        },
    ),
    Sample(
        language="ocaml",
        echo="let()=try while true do print_char(input_char stdin)done with End_of_file->()",
        comment=";;type x",
        exits="let () = exit 3\n",
        broken="let () = print_int true\n",
        parts={
            "part_ml": 'let word = "parts"\n',
            "main_ml": "let () = print_endline Part.word\n",
        },
    ),
    Sample(
        language="pascal",
        echo="var c:char;begin while not eof(input) do begin read(c);write(c) end end.",
        comment="//",
        exits="begin halt(3) end.\n",
        broken="begin writeln(missing) end.\n",
        parts={
            "part_pas": "unit part;\ninterface\nconst word = 'parts';\nimplementation\nend.\n",
            "main_pas": "uses part;\nbegin writeln(word) end.\n",
        },
    ),
    Sample(
        language="kotlin",
        echo="fun main() { System.`in`.copyTo(System.out); System.out.flush() }",
        comment="//",
        exits="fun main() { System.exit(3) }\n",
        broken='fun main() { val n: Int = "no" }\n',
        parts={
            "Part_kt": 'package a.b\nfun part() = "parts"\n',
            "start_kt": "package a.b\nfun main() { println(part()) }\n",
        },
    ),
    Sample(
        language="csharp",
        echo="using System;class P{static void Main(){"
        "using(var o=Console.OpenStandardOutput())Console.OpenStandardInput().CopyTo(o);}}",
        comment="//",
        exits="class P { static int Main() { return 3; } }\n",
        broken='class P { static void Main() { int n = "no"; } }\n',
        parts={
            "Part_cs": 'static class Part { public static string Word = "parts"; }\n',
            "Main_cs": "class P { static void Main() { System.Console.WriteLine(Part.Word); } }\n",
        },
    ),
    Sample(
        language="r",
        echo='cat(rawToChar(readBin(file("stdin","rb"),raw(),9999)))',
        comment="#",
        exits="quit(status = 3)\n",
        broken="f <- function( {\n",
        parts={
            "part_R": 'word <- "parts"\n',
            "main_R": 'source("part.R")\ncat(word, "\\n", sep = "")\n',
        },
    ),
    Sample(
        language="sqlite",
        echo=".separator '' ''\nSELECT word FROM given;",
        comment="--",
        exits=".exit 3\n",
        broken="SELEC 1;\n",
        parts={
            "part_sql": "CREATE TABLE part AS SELECT 'parts' AS word;\n",
            "main_sql": ".read part.sql\nSELECT word FROM part;\n",
        },
        given=_table,
    ),
)
