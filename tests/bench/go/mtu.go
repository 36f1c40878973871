// Asks for a link's MTU as the CNI plugins' ns.Do does, and prints the time of
// each batch in nanoseconds a lookup: the way back and the target opened, setns,
// LinkByName, setns, both closed.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

func lookUp(path, device string) int {
	home, err := netns.Get()
	check(err)
	defer home.Close()
	target, err := netns.GetFromPath(path)
	check(err)
	defer target.Close()
	check(netns.Set(target))
	link, err := netlink.LinkByName(device)
	check(netns.Set(home))
	check(err)
	return link.Attrs().MTU
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	runtime.LockOSThread()
	path, device := os.Args[1], os.Args[2]
	batches, err := strconv.Atoi(os.Args[3])
	check(err)
	lookups, err := strconv.Atoi(os.Args[4])
	check(err)
	for batch := 0; batch < batches; batch++ {
		start := time.Now()
		for i := 0; i < lookups; i++ {
			lookUp(path, device)
		}
		fmt.Println(time.Since(start).Nanoseconds() / int64(lookups))
	}
}
