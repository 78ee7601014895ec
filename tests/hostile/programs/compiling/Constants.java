/** A method that is larger than any may be, from constants that double. */
class Constants {
  static final String A = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  static final String B = A + A + A + A + A + A + A + A + A + A + A + A + A + A + A + A;
  static final String C = B + B + B + B + B + B + B + B + B + B + B + B + B + B + B + B;
  static final String D = C + C + C + C + C + C + C + C + C + C + C + C + C + C + C + C;
  static final String E = D + D + D + D + D + D + D + D + D + D + D + D + D + D + D + D;
  public static void main(String[] words) { System.out.println(E.length()); }
}
