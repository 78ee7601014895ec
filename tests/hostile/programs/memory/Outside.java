/** Memory that is not on the runtime's heap, so that only the kernel counts it. */
class Outside {
  public static void main(String[] words) throws Exception {
    var field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
    field.setAccessible(true);
    var unsafe = (sun.misc.Unsafe) field.get(null);
    for (;;) {
      unsafe.setMemory(unsafe.allocateMemory(1 << 20), 1 << 20, (byte) 1);
    }
  }
}
