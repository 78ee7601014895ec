"""Languages that are compiled for a virtual machine."""

from fractions import Fraction

from adapters.sandbox.languages.entry import GIB, MIB, Entry
from adapters.sandbox.toolchains import find_kotlin, find_typescript, on_system

_JVM = ("-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto")
_JVM_OUT_OF_MEMORY = (b"java.lang.OutOfMemoryError", b"insufficient memory for the Java")
_JAVA_WARM = """\
import java.io.*;
import java.util.*;
import java.util.stream.*;

public class Warm {
  record Pair(int key, String word) {}

  public static void main(String[] arguments) throws IOException {
    BufferedReader reader = new BufferedReader(new InputStreamReader(System.in));
    List<Pair> pairs = new ArrayList<>();
    for (String line; (line = reader.readLine()) != null; ) {
      pairs.add(new Pair(line.length(), line + "!"));
    }
    Map<Integer, List<Pair>> groups = pairs.stream().collect(Collectors.groupingBy(Pair::key));
    PriorityQueue<int[]> queue = new PriorityQueue<>((a, b) -> Integer.compare(a[0], b[0]));
    queue.add(new int[] {groups.size()});
    System.out.printf("%d%n", switch (queue.poll()[0]) { case 0 -> 1; default -> 2; });
  }
}
"""
_KOTLIN_WARM = """\
data class Pair2(val key: Int, val word: String?)

fun main() {
    val pairs = generateSequence(::readLine).map { Pair2(it.length, it) }.toMutableList()
    val groups = pairs.groupBy { it.key }
    for ((key, all) in groups.toSortedMap()) {
        println("$key ${all.joinToString(" ") { it.word ?: "" }}")
    }
    val best = when (val n = groups.size) { 0 -> null; else -> IntArray(n) { i -> i * i }.sum() }
    println(best?.let { it + 1 })
}
"""
_JVM_RUN = (
    "{java}",
    *_JVM,
    "-Xmx{heap_mib}m",
    "-Xss64m",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+DisplayVMOutputToStderr",
)
_JAVAC = (
    "{javac}",
    *(f"-J{option}" for option in _JVM),
    *("-J-XX:TieredStopAtLevel=1", "-J-Xmx768m"),
)
_JAVA_PREPARE = f"""
cat >Warm.java <<'END'
{_JAVA_WARM}END
{" ".join(_JAVAC)} -J-XX:ArchiveClassesAtExit={{out}}/javac.jsa -proc:none -d . Warm.java
"""
"""The compiler's own classes as they lie in memory, so that it need not read them each time."""
_KOTLINC = (
    *(*_JVM, "-XX:TieredStopAtLevel=1", "-Xmx768m", "-cp", "{compiler}"),
    *("org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib", "-no-reflect"),
    *("-cp", "{stdlib}", "-jvm-target", "1.8"),
)
"""Without its script, whose loader of classes of its own would see no shared archive."""
_KOTLIN_PREPARE = f"""
cat >Warm.kt <<'END'
{_KOTLIN_WARM}END
{{java}} -XX:ArchiveClassesAtExit={{out}}/kotlinc.jsa {" ".join(_KOTLINC)} -d . Warm.kt
"""
NODE_OUT_OF_MEMORY = (b"JavaScript heap out of memory",)
NODE = ("{node}", "--max-old-space-size={heap_mib}", "--stack-size={stack_kib}")

MANAGED = (
    Entry(
        id="java",
        name="Java",
        extensions=(".java",),
        file_name="Main.java",
        find=on_system(java="java", javac="javac"),
        version=("{java}", "-XX:TieredStopAtLevel=1", *_JVM, "-version"),
        prepare=_JAVA_PREPARE,
        works_unprepared=True,
        compile=(
            *(*_JAVAC, "-J-XX:SharedArchiveFile={prepared}/javac.jsa"),
            *("-encoding", "UTF-8", "-proc:none", "-d", "{out}", "{sources}"),
        ),
        run=(*_JVM_RUN, "-cp", "{app}", "{main_class}"),
        hello="class Main {\n  public static void main(String[] arguments) {\n"
        '    System.out.println("hello");\n  }\n}\n',
        out_of_memory=_JVM_OUT_OF_MEMORY,
        bears_address_limit=False,
        processes=256,
        compile_processes=256,
        compile_memory_kib=2 * GIB,
        time_factor=Fraction(2),
        extra_memory_kib=128 * MIB,
    ),
    Entry(
        id="typescript",
        name="TypeScript",
        extensions=(".ts",),
        file_name="main.ts",
        find=find_typescript,
        version=("{node}", "{tsc}", "--version"),
        compile=(
            *("{node}", "{tsc}", "--target", "es2022", "--module", "commonjs", "--strict", "false"),
            *("--types", "node", "--typeRoots", "{types}", "--skipLibCheck", "--pretty", "false"),
            *("--outDir", "{out}", "--rootDir", ".", "{sources}"),
        ),
        run=(*NODE, "{app}/{stem}.js"),
        hello='const word: string = "hello";\nconsole.log(word);\n',
        out_of_memory=NODE_OUT_OF_MEMORY,
        bears_address_limit=False,
        compile_processes=256,
        compile_memory_kib=2 * GIB,
        time_factor=Fraction(2),
        extra_memory_kib=64 * MIB,
    ),
    Entry(
        id="kotlin",
        name="Kotlin",
        extensions=(".kt",),
        file_name="Main.kt",
        find=find_kotlin,
        version=("/bin/sh", "-c", "echo {compiler}; cat {home}/build.txt || :"),
        prepare=_KOTLIN_PREPARE,
        works_unprepared=True,
        compile=(
            *("{java}", "-XX:SharedArchiveFile={prepared}/kotlinc.jsa"),
            *(*_KOTLINC, "-d", "{out}", "{sources}"),
        ),
        compile_shown="kotlinc Main.kt",
        run=(*_JVM_RUN, "-cp", "{stdlib}:{app}", "{main_class}"),
        run_shown="kotlin MainKt",
        hello='fun main() {\n    println("hello")\n}\n',
        out_of_memory=_JVM_OUT_OF_MEMORY,
        bears_address_limit=False,
        processes=256,
        compile_processes=256,
        compile_memory_kib=2 * GIB,
        time_factor=Fraction(2),
        extra_memory_kib=128 * MIB,
    ),
    Entry(
        id="csharp",
        name="C#",
        extensions=(".cs",),
        file_name="Main.cs",
        find=on_system("/etc/mono", mono="mono", mcs="mcs"),
        version=("{mono}", "--version"),
        compile=(
            *("{mcs}", "-optimize+", "-langversion:latest", "-out:{out}/Main.exe"),
            *("-r:System.Numerics", "{sources}"),
        ),
        compile_shown="mcs -optimize+ Main.cs",
        run=("{mono}", "{app}/Main.exe"),
        hello='class Hello {\n  static void Main() { System.Console.WriteLine("hello"); }\n}\n',
        out_of_memory=(b"System.OutOfMemoryException", b"Out of memory"),
        bears_address_limit=False,
        processes=256,
        compile_processes=256,
        time_factor=Fraction(2),
        extra_memory_kib=64 * MIB,
    ),
)
