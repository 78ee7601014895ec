/** Writes from many threads at once. */
class Flood {
  public static void main(String[] words) {
    for (int n = 0; n < 8; n++) {
      new Thread(() -> { for (;;) System.out.println("x".repeat(100_000)); }).start();
    }
  }
}
