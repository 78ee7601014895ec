package main

import "fmt"

func main() {
	mean := 0.0 // declared and never used
}
