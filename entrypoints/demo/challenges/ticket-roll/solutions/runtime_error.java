import java.util.Scanner;

// Crashes: a long piece is no long.
class Tickets {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        long m = in.nextLong();
        String roll = in.next();
        long winning = 0;
        for (int start = 0; start < roll.length(); start++) {
            for (int end = start + 1; end <= roll.length(); end++) {
                if (Long.parseLong(roll.substring(start, end)) % m == 0) winning++;
            }
        }
        System.out.println(winning);
    }
}
