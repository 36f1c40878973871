/** Processes, capabilities, and what a process knows of the system. */

// signal(7): asm-generic/signal.h
export const SIGKILL = 9;

// waitid(2): linux/wait.h
export const P_PID = 1;
export const WNOHANG = 1;
export const WEXITED = 4;
export const WNOWAIT = 0x0100_0000;

/** `siginfo_t` of asm-generic/siginfo.h. */
export const SIGINFO_SIZE = 128;

/** sysexits.h: an internal error. */
export const EX_SOFTWARE = 70;

// capabilities(7), capget(2): linux/capability.h
export const CAP_NET_ADMIN = 12;
export const CAP_SYS_ADMIN = 21;
export const LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;
/** Two of `struct __user_cap_data_struct`; the first word is the effective set. */
export const CAP_USER_DATA_WORDS = 6;

/** `struct utsname` of uname(2): texts of the same size. */
export const UTSNAME = { fields: 6, fieldSize: 65, release: 2 } as const;

// dlopen(3), dlinfo(3): dlfcn.h and link.h of glibc and musl
export const RTLD_LAZY = 1;
export const RTLD_NOLOAD = 4;
export const RTLD_DI_LINKMAP = 2;
/** `struct link_map`: the word with the library's path, and how many come to it. */
export const LINK_MAP = { words: 2, l_name: 1 } as const;
