import java.nio.file.*;

/** The runtime's view: properties, variables and the roots of what it can read. */
class Files {
  public static void main(String[] words) throws Exception {
    System.getenv().forEach((name, value) -> {
      if (!name.matches("PATH|HOME|TMPDIR|LANG|LC_.*|PWD|JAVA.*")) System.out.println("ESCAPED: " + name);
    });
    for (String path : new String[] {"/etc/shadow", "/etc/hosts", "/root", "/home", "/sys", "/var"}) {
      if (Path.of(path).toFile().exists()) System.out.println("ESCAPED: " + path);
    }
    System.out.println("held");
  }
}
