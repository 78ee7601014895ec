/** Starts the tools of the machine, more of them than it may have at once. */
class Processes {
  public static void main(String[] words) throws Exception {
    int started = 0;
    try {
      for (; started < 5_000; started++) new ProcessBuilder("sleep", "60").start();
      System.out.println("ESCAPED: no end of processes");
    } catch (java.io.IOException full) {
      System.out.println("held");
    }
    Runtime.getRuntime().halt(0);
  }
}
