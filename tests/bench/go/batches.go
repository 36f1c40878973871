package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"time"
)

// serveBatches measures on demand. For each number on standard input it runs
// the action that often, and prints the nanoseconds of one run and its answer.
func serveBatches(run func() (string, error)) {
	requests := bufio.NewScanner(os.Stdin)
	for requests.Scan() {
		runs, err := strconv.Atoi(requests.Text())
		exitOn(err)
		var answer string
		start := time.Now()
		for i := 0; i < runs; i++ {
			answer, err = run()
			exitOn(err)
		}
		elapsed := time.Since(start)
		fmt.Println(float64(elapsed.Nanoseconds())/float64(runs), answer)
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
