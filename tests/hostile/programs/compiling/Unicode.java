/** Its code is hidden in escapes that end the comment: \u002a\u002f class Hidden { static { System.out.println("ESCAPED"); } } \u002f\u002a */
class Unicode {
  public static void main(String[] words) { new Missing(); }
}
