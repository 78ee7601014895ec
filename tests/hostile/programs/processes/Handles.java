/** Looks for other processes through the runtime, and ends what it finds. */
class Handles {
  public static void main(String[] words) {
    long own = ProcessHandle.current().pid();
    ProcessHandle.allProcesses().filter(one -> one.pid() > 1 && one.pid() != own)
        .forEach(one -> System.out.println("ESCAPED: " + one.pid() + one.info()));
    ProcessHandle.of(1).ifPresent(one -> {
      try {
        one.destroyForcibly();
      } catch (IllegalStateException itself) {
        System.out.println("ESCAPED: it is the first process");
      }
    });
    System.out.println("held");
  }
}
