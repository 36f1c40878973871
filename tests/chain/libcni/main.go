// Does with Go's libcni what vmconf does: libcni add|check|del|cached NETWORK ID
// NETNS IFNAME, in the folders /run/net.d, /run/bin and $CACHE_DIR or /run/cni.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/containernetworking/cni/libcni"
)

func run(command, network, id, netns, ifName string) error {
	ctx := context.Background()
	list, err := libcni.LoadConfList("/run/net.d", network)
	if err != nil {
		return err
	}
	cacheDir := os.Getenv("CACHE_DIR")
	if cacheDir == "" {
		cacheDir = "/run/cni"
	}
	cni := libcni.NewCNIConfigWithCacheDir([]string{"/run/bin"}, cacheDir, nil)
	rt := &libcni.RuntimeConf{ContainerID: id, NetNS: netns, IfName: ifName}
	switch command {
	case "add":
		rt.Args = [][2]string{{"IgnoreUnknown", "1"}}
		rt.CapabilityArgs = map[string]interface{}{"portMappings": []map[string]interface{}{
			{"hostPort": 8081, "containerPort": 80, "protocol": "tcp"},
		}}
		_, err := cni.AddNetworkList(ctx, list, rt)
		return err
	case "check":
		return cni.CheckNetworkList(ctx, list, rt)
	case "del":
		_, cached, err := cni.GetNetworkListCachedConfig(list, rt)
		if err != nil {
			return err
		}
		if cached != nil {
			rt = cached
		}
		return cni.DelNetworkList(ctx, list, rt)
	case "cached":
		result, err := cni.GetNetworkListCachedResult(list, rt)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(result)
	}
	return fmt.Errorf("unknown command %q", command)
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
