package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
)

// Too slow: adds up every spell.
func main() {
	in := bufio.NewReader(os.Stdin)
	var n, k int
	fmt.Fscan(in, &n, &k)
	temperatures := make([]int, n)
	for i := range temperatures {
		fmt.Fscan(in, &temperatures[i])
	}
	best := -100.0
	for start := range temperatures {
		for end := start + k; end <= n; end++ {
			total := 0
			for _, temperature := range temperatures[start:end] {
				total += temperature
			}
			best = math.Max(best, float64(total)/float64(end-start))
		}
	}
	fmt.Println(best)
}
