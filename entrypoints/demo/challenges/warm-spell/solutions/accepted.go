package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
)

func hasSpell(temperatures []float64, k int, mean float64) bool {
	total, before, lowest := 0.0, 0.0, 0.0
	for day, temperature := range temperatures {
		total += temperature - mean
		if day >= k {
			before += temperatures[day-k] - mean
			lowest = math.Min(lowest, before)
		}
		if day >= k-1 && total >= lowest {
			return true
		}
	}
	return false
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	var n, k int
	fmt.Fscan(in, &n, &k)
	temperatures := make([]float64, n)
	for i := range temperatures {
		fmt.Fscan(in, &temperatures[i])
	}
	low, high := -60.0, 60.0
	for high-low > 1e-8 {
		middle := (low + high) / 2
		if hasSpell(temperatures, k, middle) {
			low = middle
		} else {
			high = middle
		}
	}
	fmt.Printf("%.8f\n", low)
}
