// Command hello is what the tests of the harness build and run.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("hello")
	fmt.Fprintln(os.Stderr, "bye")
	os.Exit(3)
}
