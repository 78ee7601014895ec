import java.io.File;

/** Asks the runtime to leave files, and to run hooks for as long as they like after the end. */
class Deleted {
  public static void main(String[] words) throws Exception {
    for (File one : new File("/tmp").listFiles()) {
      if (!one.getName().startsWith("hsperf")) System.out.println("ESCAPED: " + one);
    }
    new File("/tmp/left").createNewFile();
    Runtime.getRuntime().exec(new String[] {"sleep", "60"});
    Thread late = new Thread(() -> { for (;;) { } });
    late.setDaemon(true);
    late.start();
    System.out.println("held");
  }
}
