// What a Go program on libcni's types does for the kernel's ip= parameter: the
// bytes of a CNI result, the result, the VM's interface and its tap, the VM's
// configuration, the text. Arguments: FILE CONTAINER_ID MTU.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/containernetworking/cni/pkg/types"
	types100 "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/types/create"
)

// vmConf has the fields that vmconf's StaticNetworkConf has.
type vmConf struct {
	tapName         string
	netNSPath       string
	vmIfName        string
	macAddr         string
	mtu             int
	ipConfig        *types100.IPConfig
	routes          []*types.Route
	nameservers     []string
	domain          string
	searchDomains   []string
	resolverOptions []string
}

func main() {
	bytes, err := os.ReadFile(os.Args[1])
	exitOn(err)
	containerID := os.Args[2]
	mtu, err := strconv.Atoi(os.Args[3])
	exitOn(err)
	serveBatches(func() (string, error) {
		result, err := parseResult(bytes)
		if err != nil {
			return "", err
		}
		conf, err := makeConf(result, containerID, mtu)
		if err != nil {
			return "", err
		}
		return conf.ipParam(), nil
	})
}

func parseResult(bytes []byte) (*types100.Result, error) {
	result, err := create.CreateFromBytes(bytes)
	if err != nil {
		return nil, err
	}
	return types100.NewResultFromResult(result)
}

func makeConf(result *types100.Result, containerID string, mtu int) (*vmConf, error) {
	vm, tap, err := findPair(result.Interfaces, containerID)
	if err != nil {
		return nil, err
	}
	ipConfigs, err := findIPs(result, vm)
	if err != nil {
		return nil, err
	}
	if len(ipConfigs) != 1 {
		return nil, fmt.Errorf("expected 1 address for %q, found %d", vm.Name, len(ipConfigs))
	}
	return &vmConf{
		tapName:         tap.Name,
		netNSPath:       tap.Sandbox,
		macAddr:         vm.Mac,
		mtu:             mtu,
		ipConfig:        ipConfigs[0],
		routes:          result.Routes,
		nameservers:     result.DNS.Nameservers,
		domain:          result.DNS.Domain,
		searchDomains:   result.DNS.Search,
		resolverOptions: result.DNS.Options,
	}, nil
}

// findPair finds the one interface whose sandbox is the container's id, and the
// one of the same name in another sandbox.
func findPair(all []*types100.Interface, containerID string) (vm, tap *types100.Interface, err error) {
	for _, candidate := range all {
		if candidate.Sandbox != containerID {
			continue
		}
		if vm != nil {
			return nil, nil, errors.New("found more than 1 interface of the VM")
		}
		vm = candidate
	}
	if vm == nil {
		return nil, nil, errors.New("found no interface of the VM")
	}
	for _, candidate := range all {
		if candidate.Name != vm.Name || candidate.Sandbox == containerID {
			continue
		}
		if tap != nil {
			return nil, nil, errors.New("found more than 1 tap")
		}
		tap = candidate
	}
	if tap == nil {
		return nil, nil, errors.New("found no tap")
	}
	return vm, tap, nil
}

func findIPs(result *types100.Result, owner *types100.Interface) ([]*types100.IPConfig, error) {
	var found []*types100.IPConfig
	for _, config := range result.IPs {
		if config.Interface == nil {
			continue
		}
		index := *config.Interface
		if index < 0 || index >= len(result.Interfaces) {
			return nil, fmt.Errorf("found no interface with index %d", index)
		}
		if result.Interfaces[index] == owner {
			found = append(found, config)
		}
	}
	return found, nil
}

func (conf *vmConf) ipParam() string {
	address := conf.ipConfig.Address
	gateway := ""
	if conf.ipConfig.Gateway != nil {
		gateway = conf.ipConfig.Gateway.String()
	}
	fields := []string{
		address.IP.String(),
		"", // server
		gateway,
		net.IP(address.Mask).String(),
		"", // host name
		conf.vmIfName,
		"off",
	}
	for position, nameserver := range conf.nameservers {
		if position < 2 {
			fields = append(fields, nameserver)
		}
	}
	return strings.Join(fields, ":")
}
