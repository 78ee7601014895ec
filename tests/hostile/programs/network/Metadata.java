import java.net.*;

/** The same through the runtime, which has ways of its own. */
class Metadata {
  public static void main(String[] words) {
    for (String address : new String[] {"http://169.254.169.254/latest/", "http://127.0.0.1:8000/"}) {
      try {
        URLConnection line = new URI(address).toURL().openConnection();
        line.setConnectTimeout(500);
        System.out.println("ESCAPED: " + line.getInputStream().read());
      } catch (Exception refused) {
      }
    }
    try (ServerSocket server = new ServerSocket(0)) {
      System.out.println("ESCAPED: listens at " + server.getLocalPort());
    } catch (Exception refused) {
    }
    System.out.println("held");
  }
}
