/** Keeps everything, and takes what the runtime says about it for no reason to stop. */
class Heap {
  public static void main(String[] words) {
    var kept = new java.util.ArrayList<byte[]>();
    for (;;) {
      try {
        kept.add(new byte[1 << 20]);
      } catch (OutOfMemoryError ignored) {
      }
    }
  }
}
