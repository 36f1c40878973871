// Asks for a link's MTU, and prints the time of each batch in nanoseconds a
// lookup. Either by the least that Go can do ("least"), or as the Go package
// cni/vmconf does it ("package"), by the CNI plugins' ns.Do.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

var ways = map[string]func(path, device string) int{
	"least":   least,
	"package": asThePackage,
}

func least(path, device string) int {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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

func asThePackage(path, device string) (mtu int) {
	target, err := ns.GetNS(path)
	check(err)
	defer target.Close()
	check(target.Do(func(ns.NetNS) error {
		link, err := netlink.LinkByName(device)
		if err == nil {
			mtu = link.Attrs().MTU
		}
		return err
	}))
	return mtu
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	lookUp, path, device := ways[os.Args[1]], os.Args[2], os.Args[3]
	batches, err := strconv.Atoi(os.Args[4])
	check(err)
	lookups, err := strconv.Atoi(os.Args[5])
	check(err)
	for batch := 0; batch < batches; batch++ {
		start := time.Now()
		for i := 0; i < lookups; i++ {
			lookUp(path, device)
		}
		fmt.Println(time.Since(start).Nanoseconds() / int64(lookups))
	}
}
