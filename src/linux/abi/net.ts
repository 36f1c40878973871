/** Network namespaces, sockets, and the ioctls of network devices and taps. */

// setns(2), unshare(2): linux/sched.h
export const CLONE_NEWNET = 0x4000_0000;

// ioctl_ns(2): linux/nsfs.h
export const NS_GET_NSTYPE = 0xb703n;

// socket(2): linux/net.h, linux/socket.h
export const AF_INET = 2;
export const AF_NETLINK = 16;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0o2000000;

// socket(7): asm-generic/socket.h
export const SOL_SOCKET = 1;
export const SO_NETNS_COOKIE = 71;

// netdevice(7): linux/sockios.h, linux/if.h
export const SIOCGIFMTU = 0x8921n;
export const SIOCGIFINDEX = 0x8933n;
export const IFF_UP = 1;

/** linux/if.h: bytes of a device's name, with the NUL. */
export const IFNAMSIZ = 16;

/** linux/if.h: bytes of an alternative name, with the NUL. */
export const ALTIFNAMSIZ = 128;

/** `struct ifreq` of linux/if.h: the name, then what is asked for. */
export const IFREQ = { size: 40, value: IFNAMSIZ } as const;

// linux/if_tun.h
export const TUNSETIFF = 0x4004_54can;
export const TUNSETPERSIST = 0x4004_54cbn;
export const TUNSETOWNER = 0x4004_54ccn;
export const TUNSETGROUP = 0x4004_54cen;
export const IFF_TAP = 0x0002;
export const IFF_ONE_QUEUE = 0x2000;
export const IFF_VNET_HDR = 0x4000;
/** Fails if a device has the name. Without it the kernel attaches to a tap. */
export const IFF_TUN_EXCL = 0x8000;
