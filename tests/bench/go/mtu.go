// Asks the kernel for the MTU of a device in a network namespace. Arguments:
// WAY NETNS DEVICE. The way "least" is the least that Go can do; "package" uses
// the CNI plugins' ns.Do, as the Go package cni/vmconf does.
package main

import (
	"os"
	"runtime"
	"strconv"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

var ways = map[string]func(path, device string) (mtu int, err error){
	"least":   readMTU,
	"package": readMTUByDo,
}

func main() {
	readMTU, path, device := ways[os.Args[1]], os.Args[2], os.Args[3]
	serveBatches(func() (string, error) {
		mtu, err := readMTU(path, device)
		return strconv.Itoa(mtu), err
	})
}

func readMTU(path, device string) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := netns.Get()
	if err != nil {
		return 0, err
	}
	defer own.Close()
	target, err := netns.GetFromPath(path)
	if err != nil {
		return 0, err
	}
	defer target.Close()
	if err := netns.Set(target); err != nil {
		return 0, err
	}
	link, err := netlink.LinkByName(device)
	exitOn(netns.Set(own))
	if err != nil {
		return 0, err
	}
	return link.Attrs().MTU, nil
}

func readMTUByDo(path, device string) (mtu int, err error) {
	target, err := ns.GetNS(path)
	if err != nil {
		return 0, err
	}
	defer target.Close()
	err = target.Do(func(ns.NetNS) error {
		link, err := netlink.LinkByName(device)
		if err == nil {
			mtu = link.Attrs().MTU
		}
		return err
	})
	return mtu, err
}
