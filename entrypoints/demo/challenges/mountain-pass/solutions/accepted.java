import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** No step takes more than 9 hours, so one bucket for each hour does instead of a heap. */
public class MountainPass {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        String[] size = in.readLine().trim().split(" ");
        int rows = Integer.parseInt(size[0]), columns = Integer.parseInt(size[1]);
        char[][] map = new char[rows][];
        for (int row = 0; row < rows; row++) map[row] = in.readLine().trim().toCharArray();

        int squares = rows * columns;
        int[] best = new int[2 * squares];
        Arrays.fill(best, Integer.MAX_VALUE);
        List<ArrayDeque<Integer>> buckets = new ArrayList<>();
        for (int i = 0; i < 10; i++) buckets.add(new ArrayDeque<>());
        best[0] = 0;
        buckets.get(0).add(0);
        int waiting = 1;
        int[][] steps = {{-1, 0}, {0, -1}, {0, 1}, {1, 0}};
        for (int now = 0; waiting > 0; now++) {
            ArrayDeque<Integer> bucket = buckets.get(now % 10);
            while (!bucket.isEmpty()) {
                int state = bucket.poll();
                waiting--;
                if (best[state] != now) continue;
                int spent = state / squares, square = state % squares;
                if (square == squares - 1) {
                    System.out.println(now);
                    return;
                }
                for (int[] step : steps) {
                    int row = square / columns + step[0], column = square % columns + step[1];
                    if (row < 0 || column < 0 || row >= rows || column >= columns) continue;
                    boolean rock = map[row][column] == '#';
                    if (rock && spent == 1) continue;
                    int then = now + (rock ? 0 : map[row][column] - '0');
                    int following = row * columns + column + squares * (rock ? 1 : spent);
                    if (then < best[following]) {
                        best[following] = then;
                        buckets.get(then % 10).add(following);
                        waiting++;
                    }
                }
            }
        }
        System.out.println("stuck");
    }
}
