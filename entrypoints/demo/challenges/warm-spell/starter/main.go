package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	in := bufio.NewReader(os.Stdin)
	var n, k int
	fmt.Fscan(in, &n, &k)
	temperatures := make([]int, n)
	for i := range temperatures {
		fmt.Fscan(in, &temperatures[i])
	}
	// Your code here
}
