/** Busy in many threads, with a hook that is busy when it is asked to end. */
class Spin {
  public static void main(String[] words) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> { for (;;) { } }));
    for (int n = 0; n < 4; n++) new Thread(() -> { for (;;) { } }).start();
    System.exit(0);
  }
}
