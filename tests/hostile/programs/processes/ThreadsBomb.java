/** Starts threads until none can be started, and then is busy in all of them. */
class ThreadsBomb {
  public static void main(String[] words) {
    for (;;) {
      new Thread(() -> { for (;;) { } }).start();
    }
  }
}
