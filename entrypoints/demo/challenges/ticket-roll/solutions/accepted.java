import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

public class Main {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int m = Integer.parseInt(in.readLine().trim());
        String roll = in.readLine().trim();
        long[] pieces = new long[m];
        long winning = 0;
        for (int i = 0; i < roll.length(); i++) {
            int digit = roll.charAt(i) - '0';
            long[] longer = new long[m];
            for (int r = 0; r < m; r++) {
                longer[(10 * r + digit) % m] += pieces[r];
            }
            longer[digit % m]++;
            pieces = longer;
            winning += pieces[0];
        }
        System.out.println(winning);
    }
}
