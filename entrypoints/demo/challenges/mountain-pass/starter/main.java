import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

public class MountainPass {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        String[] size = in.readLine().trim().split(" ");
        int rows = Integer.parseInt(size[0]), columns = Integer.parseInt(size[1]);
        // Your code here
    }
}
